# SPDX-License-Identifier: Apache-2.0

# An ordinary user, who finds the user's files at paths that the user may read.

user=someone
user_id=64100
home=/home/$user

make_user() {
    add_user "$user" "$user_id" "$home" /bin/sh
    mkdir -p "$home" "$LAB_DIR/$user"
    mount --bind "$LAB_DIR/$user" "$home"
    mkdir -p "$home/guest" "$home/.config/libvirt"
    mount --bind "$LAB_CACHE/guest" "$home/guest"
    chmod a+rx "$home/guest"
    chmod a+r "$home/guest/kernel" "$home/guest/initrd" "$home/guest/initrd-agent"
    command -v virtlogd >/dev/null || echo 'stdio_handler = "file"' >"$home/.config/libvirt/qemu.conf"
    mkdir -p /run/user
    mkdir -m 700 "/run/user/$user_id"
    chown "$user_id:$user_id" "$home" "$home/.config" "$home/.config/libvirt" "/run/user/$user_id"
}

as_user() {
    require_lab_itself
    [ $# -gt 0 ] || misused 'as-user needs a command'
    [ -d "$LAB_DIR/$user" ] || make_user
    cd "$home"
    exec env --unset=XDG_CACHE_HOME --unset=XDG_CONFIG_HOME --unset=XDG_DATA_HOME \
        HOME="$home" USER="$user" LOGNAME="$user" XDG_RUNTIME_DIR="/run/user/$user_id" \
        LAB_DIR="$home" LAB_KERNEL="$home/guest/kernel" LAB_INITRD="$home/guest/initrd" \
        LIBVIRT_DEFAULT_URI=qemu:///session setpriv --reuid "$user_id" --regid "$user_id" --clear-groups "$@"
}
