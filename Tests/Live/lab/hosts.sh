# SPDX-License-Identifier: Apache-2.0

# Hosts beside the lab's own, for guests to migrate to.
#
# Each has an address of the network 192.0.2.0/24, which RFC 5737 keeps for documentation, on its own switch: no packet
# leaves the lab. Their state is in the lab's /run, which they do not see.

hosts=/run/lab
network=192.0.2

require_lab_itself() {
    require_lab
    [ -z "${LAB_HOST:-}" ] || fail "this works only in the lab itself, and not on its host $LAB_HOST"
}

# A network lives as long as a process in it.
serve_switch() {
    ip link add switch type bridge
    ip link set switch up
    echo "$$" >"$hosts/switch"
    exec sleep infinity
}

start_switch() {
    [ ! -e "$hosts/switch" ] || return 0
    mkdir -p "$hosts"
    echo '127.0.0.1 localhost' >"$hosts/names"
    "$self" _without-inherited-files unshare --net "$self" _serve-switch </dev/null >"$LAB_DIR/switch.log" 2>&1 &
    within 10 test -s "$hosts/switch" || fail "the hosts' network did not start: see $LAB_DIR/switch.log"
}

# A folder of the host's own, with what the lab has there where that is to be kept.
make_private() {
    own=/run/private$1
    mkdir -p "$1" "$own"
    [ "${2:-}" != keep ] || cp -a "$1/." "$own"
    mount --bind "$own" "$1"
}

# The names first, since the lab's /run disappears below the host's.
mount_host() {
    mount --bind "$hosts/names" /etc/hosts
    mount -t proc lab /proc
    mount -t sysfs lab /sys
    mount -t tmpfs -o mode=755 lab /run
    mkdir -m 1777 /run/lock
    make_private /etc/libvirt keep
    make_private /etc/virt-watchdog keep
    # What libvirt found out about QEMU, for it takes seconds.
    make_private /var/cache/libvirt keep
    for folder in /var/lib/libvirt /var/log/libvirt; do
        make_private "$folder"
    done
}

# As the first process of a host, with which all others of the host end, and which waits for those that lost their parent:
# a `sh` does, in passing.
serve_host() {
    # As long as /proc and /run are the lab's: our process ID there, and the file that is to hold it when all is ready.
    read -r process _ </proc/self/stat
    exec 8>"$hosts/$LAB_HOST.pid"
    mount_host
    hostname "$LAB_HOST"
    start_syslog 8>&-
    echo "$process" >&8
    exec 8>&-
    wait
}

# virtqemud never listens on TCP: virtproxyd does, and passes all on to it.
configure_listening() {
    listener=libvirtd
    [ "$daemon" = libvirtd ] || listener=virtproxyd
    echo "host_uuid = \"$(cat /proc/sys/kernel/random/uuid)\"" >>"/etc/libvirt/$daemon.conf"
    cat >>"/etc/libvirt/$listener.conf" <<END
listen_tls = 0
listen_tcp = 1
listen_addr = "$1"
auth_tcp = "none"
END
}

# On the host itself
start_host() {
    ip link set lo up
    ip address add "$1/24" dev port
    ip link set port up
    configure_libvirt
    configure_listening "$1"
    start_virtlogd
    start_daemon
    [ "$daemon" = libvirtd ] || "$self" _without-inherited-files virtproxyd -d || fail 'virtproxyd did not start'
}

add_host() {
    require_lab_itself
    name=${1:-}
    case $name in
        '' | *[!a-z0-9]*) misused "a host cannot have the name '$name', but one of small letters and digits" ;;
    esac
    start_switch
    [ ! -e "$hosts/$name.pid" ] || fail "there is a host '$name' already"
    mkdir "$LAB_DIR/$name"
    LAB_HOST=$name LAB_SYSLOG=$LAB_DIR/$name/syslog "$self" _without-inherited-files \
        unshare --mount --net --uts --pid --fork --kill-child "$self" _serve-host \
        </dev/null >"$LAB_DIR/$name/log" 2>&1 &
    within 10 test -s "$hosts/$name.pid" || fail "the host '$name' did not start: see $LAB_DIR/$name/log"
    connect_host
    "$self" on "$name" "$self" _start-host "$address"
}

connect_host() {
    address=$network.$(wc -l <"$hosts/names")
    echo "$address $name" >>"$hosts/names"
    read -r switch <"$hosts/switch"
    nsenter --target "$(cat "$hosts/$name.pid")" --net \
        ip link add port type veth peer name "port${address##*.}" netns "$switch"
    nsenter --target "$switch" --net ip link set "port${address##*.}" master switch up
}

on() {
    require_lab_itself
    name=${1:-}
    [ -s "$hosts/$name.pid" ] || fail "there is no host '$name': make it with 'lab add-host'"
    shift
    [ $# -gt 0 ] || misused 'on needs a host and a command'
    # The command ends with us, as it would if it were our child.
    exec nsenter --target "$(cat "$hosts/$name.pid")" --mount --net --uts --pid --root \
        env --chdir="$PWD" LAB_HOST="$name" LAB_SYSLOG="$LAB_DIR/$name/syslog" setpriv --pdeathsig KILL "$@"
}
