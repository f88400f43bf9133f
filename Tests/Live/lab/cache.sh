# SPDX-License-Identifier: Apache-2.0

# The guest and the roots in the cache, each remade when a file that makes it is newer.

print_packages() {
    printf '%s\n' busybox-static cpio iproute2 kmod libvirt-clients libvirt-daemon libvirt-daemon-driver-qemu mount \
        python3 qemu-system-x86 seabios util-linux xz-utils
}

# The guest

guest_is_made() {
    [ -f "$cache/guest/kernel" ] && [ -f "$cache/guest/initrd" ] && [ -f "$cache/guest/initrd-agent" ] &&
        [ -z "$(find "$here/guest" -type f -newer "$cache/guest/initrd")" ]
}

make_guest() {
    guest_is_made || "$here/guest/build" "$cache/guest"
}

# Makes something in the cache, under a lock of its own, since labs may be started at the same time.
locked() {
    mkdir -p "$cache"
    exec 9>"$cache/$1.lock"
    shift
    flock 9
    "$@"
    exec 9>&-
}

# A root folder of Debian 13

debian_13_is_made() {
    [ -d "$cache/debian-13" ] && [ -z "$(find "$here/debian-13" -newer "$cache/debian-13")" ]
}

make_debian_13() {
    debian_13_is_made || "$here/debian-13" "$cache/debian-13"
}

debian_13() {
    [ "$(id -u)" -eq 0 ] || fail 'needs root: run it with sudo'
    locked debian-13 make_debian_13 >&2
    cd "$cache/debian-13" && pwd -P
}

# A root directory with libvirt's modular daemons, rebuilt when a script that makes it is newer

virtqemud_is_made() {
    [ -d "$cache/virtqemud" ] && [ -z "$(find "$here/debian-13" "$here/virtqemud" -newer "$cache/virtqemud")" ]
}

make_virtqemud() {
    virtqemud_is_made || "$here/virtqemud" "$cache/virtqemud" "$1"
}

virtqemud() {
    base=$(debian_13)
    locked virtqemud make_virtqemud "$base" >&2
    cd "$cache/virtqemud" && pwd -P
}
