# SPDX-License-Identifier: Apache-2.0

# Running a lab, on the host's side.

require_tools() {
    [ "$(id -u)" -eq 0 ] || fail 'needs root: run it with sudo'
    # shellcheck disable=SC2016 # the inner shell's $1
    for tool in busybox flock ip "$daemon" python3 qemu-system-x86_64 setpriv unshare virsh; do
        chroot "$1" sh -c 'command -v "$1"' sh "$tool" >/dev/null ||
            fail "$tool is missing below $1: install what 'lab packages' prints, with apt-get install --no-install-recommends"
    done
}

leave() {
    rmdir "$LAB_DIR/root"
    exit "$1"
}

# Killing the lab's first process makes the kernel end all the others, and unshare return when they have gone.
abandon() {
    trap '' HUP INT TERM
    read -r first <"/proc/$job/task/$job/children" || first=$job
    kill -KILL "$first" || :
    wait "$job" || :
    leave "$1"
}

run() {
    stage=
    lower=/
    while [ $# -gt 0 ]; do
        case $1 in
            --root)
                [ -d "${2:-}" ] || fail "there is no folder '${2:-}' for --root: give it what 'lab debian-13' prints"
                lower=$(cd "$2" && pwd -P)
                shift 2
                ;;
            --daemon)
                case ${2:-} in
                    libvirtd | virtqemud) daemon=$2 ;;
                    *) misused "the daemon is libvirtd or virtqemud, and not '${2:-}'" ;;
                esac
                shift 2
                ;;
            --stage)
                [ -d "${2:-}" ] || fail "there is no folder '${2:-}' for --stage: give it the tree that an installer wrote"
                stage=$(cd "$2" && pwd -P)
                shift 2
                ;;
            --)
                shift
                break
                ;;
            *) misused "run does not know '$1'" ;;
        esac
    done
    [ $# -gt 0 ] || misused 'run needs -- and a command'
    require_tools "$lower"
    locked guest make_guest
    cache=$(cd "$cache" && pwd -P)
    mkdir -p "$cache/runs"
    export LAB_CACHE="$cache" LAB_KERNEL="$cache/guest/kernel" LAB_INITRD="$cache/guest/initrd"
    LAB_DIR=$(mktemp -d "$cache/runs/$(date +%Y%m%d-%H%M%S).XXXXXX")
    export LAB_DIR LAB_SYSLOG="$LAB_DIR/syslog" LAB_DAEMON="$daemon"
    mkdir "$LAB_DIR/root"
    # In the background, since a shell acts on a signal only between commands or in `wait`; which takes stdin from the
    # command, hence descriptor 3, and leaves it with SIGINT ignored, hence `env`. If even this shell is killed, setpriv
    # and --kill-child take the lab down.
    exec 3<&0
    setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child \
        env --default-signal=INT,QUIT "$self" _build-root "$lower" "$stage" "$PWD" "$@" <&3 3<&- &
    job=$!
    trap 'abandon 129' HUP
    trap 'abandon 130' INT
    trap 'abandon 143' TERM
    status=0
    wait "$job" || status=$?
    leave "$status"
}
