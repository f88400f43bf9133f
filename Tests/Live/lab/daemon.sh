# SPDX-License-Identifier: Apache-2.0

# libvirt's daemon: start, stop and restart it.

start_daemon() {
    require_lab
    if running "$pid_file" >/dev/null || running "$on_demand_pid_file" >/dev/null; then
        fail "$daemon runs already: use 'lab restart-daemon'"
    fi
    if [ "${1:-}" = --on-demand ]; then
        shift
        start_on_demand "$@"
        return
    fi
    listen=
    if [ "$daemon" = libvirtd ] && [ -n "${LAB_HOST:-}" ]; then listen=--listen; fi
    if "$self" _without-inherited-files "$daemon" -d ${listen:+"$listen"} --pid-file "$pid_file" "$@" &&
        within "$patience" settled && running "$pid_file" >/dev/null; then
        return
    fi
    tail -n 20 "$(logs)/$daemon.log" >&2 || :
    fail "$daemon does not answer; above is the end of $(logs)/$daemon.log"
}

start_on_demand() {
    "$self" _without-inherited-files "$here/on-demand" "$daemon" "$on_demand_pid_file" "$(logs)/activations" \
        --pid-file "$pid_file" "$@" </dev/null >>"$(logs)/on-demand.log" 2>&1 &
    within 10 running "$on_demand_pid_file" || fail "cannot listen for $daemon: see $(logs)/on-demand.log"
}

stop_daemon() {
    require_lab
    case ${1:-} in
        '') signal=TERM ;;
        --kill) signal=KILL ;;
        *) misused "$daemon cannot be stopped with '$1'" ;;
    esac
    if process=$(running "$on_demand_pid_file"); then
        # It ends the daemon by the signal that was asked for, and then itself.
        [ "$signal" = TERM ] || signal=USR1
    else
        process=$(running "$pid_file") || fail "$daemon does not run: start it with 'lab start-daemon'"
    fi
    kill "-$signal" "$process"
    within "$patience" gone "$process" || fail "$daemon (process $process) does not end: try --kill"
    # Killed, it leaves its file.
    rm -f "$pid_file"
}

restart_daemon() {
    if [ "${1:-}" = --kill ]; then
        stop_daemon "$1"
        shift
    else
        stop_daemon
    fi
    start_daemon "$@"
}
