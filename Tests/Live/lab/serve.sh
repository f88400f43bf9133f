# SPDX-License-Identifier: Apache-2.0

# The lab's first services, and the command that it runs.

# By way of /run, of which every host of the lab has its own.
start_syslog() {
    ln -sf /run/syslog /dev/log
    busybox syslogd -n -O "$LAB_SYSLOG" &
    within 10 test -S /dev/log || fail 'syslogd did not start'
}

# Debian's libvirtd looks its user up even where qemu.conf names another; the package that would make it is not needed.
add_libvirt_user() {
    getent passwd libvirt-qemu >/dev/null || add_user libvirt-qemu 64055 / /bin/false
}

add_user() {
    getent group "$1" >/dev/null || echo "$1:x:$2:" >>/etc/group
    echo "$1:x:$2:$2::$3:$4" >>/etc/passwd
}

configure_libvirt() {
    cat >/etc/libvirt/qemu.conf <<'END'
user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
END
    cat >"/etc/libvirt/$daemon.conf" <<END
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "3:file:$(logs)/$daemon.log"
END
}

# Newer releases of Debian pack virtlogd by itself, with units that would start it on the host; so it may be missing.
start_virtlogd() {
    if command -v virtlogd >/dev/null; then
        "$self" _without-inherited-files virtlogd -d || fail 'virtlogd did not start'
    else
        echo 'stdio_handler = "file"' >>/etc/libvirt/qemu.conf
    fi
}

serve() {
    cd "$1"
    shift
    export LAB=1 LIBVIRT_DEFAULT_URI=qemu:///system
    start_syslog
    add_libvirt_user
    configure_libvirt
    start_virtlogd
    start_daemon
    status=0
    "$@" || status=$?
    exit "$status"
}
