# SPDX-License-Identifier: Apache-2.0

# The lab's root, as the first process of its PID namespace, in its own mount namespace.

overlay_lower() {
    mount -t tmpfs -o mode=755 lab "$LAB_DIR/root"
    mkdir "$LAB_DIR/root/upper" "$LAB_DIR/root/work" "$root"
    mount -t overlay -o "lowerdir=$lower,upperdir=$LAB_DIR/root/upper,workdir=$LAB_DIR/root/work" lab "$root"
}

# An overlay does not show mounts below its lower directory, such as a /home with the toolchain.
overlay_mounts() {
    [ "$lower" = / ] || return 0
    findmnt --list --noheadings --output TARGET | while read -r target; do
        case $target in
            / | /dev | /dev/* | /proc | /proc/* | /run | /run/* | /sys | /sys/* | /tmp | /tmp/*) continue ;;
            "$LAB_DIR"/*) continue ;;
        esac
        if [ ! -d "$target" ] || [ ! -d "$root$target" ]; then continue; fi
        mounts=$((${mounts:-0} + 1))
        mkdir -p "$LAB_DIR/root/upper-$mounts" "$LAB_DIR/root/work-$mounts"
        mount -t overlay -o "lowerdir=$target,upperdir=$LAB_DIR/root/upper-$mounts,workdir=$LAB_DIR/root/work-$mounts" \
            lab "$root$target" 2>/dev/null || echo "lab: $target cannot be shown in the lab" >&2
    done
}

# The host may have a libvirt, whose guests must not be started twice, and a policy of its own.
forget_host() {
    rm -rf "$root/etc/cloudstack" "$root/etc/virt-watchdog"
    # On a terminal, virsh starts this agent, which complains that the lab has no polkit.
    rm -f "$root/usr/bin/pkttyagent"
    for folder in etc/libvirt var/cache/libvirt var/lib/libvirt var/log/libvirt; do
        rm -rf "${root:?}/$folder"
        mkdir -p "$root/$folder"
    done
}

mount_dev() {
    mount -t tmpfs -o mode=755 lab "$root/dev"
    mkdir "$root/dev/net" "$root/dev/pts" "$root/dev/shm"
    for node in null zero full random urandom tty kvm net/tun; do
        if [ -c "/dev/$node" ]; then
            : >"$root/dev/$node"
            mount --bind "/dev/$node" "$root/dev/$node"
        fi
    done
    mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 lab "$root/dev/pts"
    mount -t tmpfs -o mode=1777 lab "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    ln -s fd/0 "$root/dev/stdin"
    ln -s fd/1 "$root/dev/stdout"
    ln -s fd/2 "$root/dev/stderr"
}

mount_private() {
    mount -t proc lab "$root/proc"
    mount -t sysfs lab "$root/sys"
    mount_dev
    mount -t tmpfs -o mode=755 lab "$root/run"
    mkdir -m 1777 "$root/run/lock"
    mount -t tmpfs -o mode=1777 lab "$root/tmp"
}

# The tests are Swift programs, which need Swift's libraries, and libraries of the host's Swift work on newer hosts.
mount_toolchain() {
    [ "$lower" != / ] || return 0
    toolchain=$(swift -print-target-info 2>/dev/null | sed -n 's|.*"runtimeResourcePath": "\(/..*\)/usr/lib/swift".*|\1|p')
    [ -n "$toolchain" ] || return 0
    mkdir -p "$root$toolchain"
    mount --bind -o ro "$toolchain" "$root$toolchain"
}

mount_shared() {
    for folder in "${here%/Tests/Live/lab}" "$LAB_CACHE"; do
        mkdir -p "$root$folder"
        mount --bind "$folder" "$root$folder"
    done
}

# A copy, since an ordinary user need not be able to read the repository.
copy_scripts() {
    mkdir -p "$root/usr/local/bin" "$root/usr/local/lib/lab"
    install -m 755 "$self" "$here/on-demand" "$root/usr/local/lib/lab"
    install -m 644 "$here/help" "$here"/*.sh "$root/usr/local/lib/lab"
    ln -sf ../lib/lab/lab "$root/usr/local/bin/lab"
}

# As an installer would leave it: owned by root; folders that are there already stay as they are, also as links.
lay_stage() {
    tar -C "$1" -cf - . |
        tar -C "$root" -xpf - --no-same-owner --no-overwrite-dir --keep-directory-symlink
}

build_root() {
    lower=$1
    stage=$2
    start=$3
    shift 3
    root=$LAB_DIR/root/merged
    overlay_lower
    overlay_mounts
    forget_host
    mount_private
    mount_toolchain
    [ -z "$stage" ] || lay_stage "$stage"
    mount_shared
    copy_scripts
    [ -d "$root$start" ] || fail "the folder $start does not exist in the lab: start it from the repository"
    exec chroot "$root" "$self" _serve "$start" "$@"
}
