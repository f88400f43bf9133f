# SPDX-License-Identifier: Apache-2.0

# What each command of the lab uses.

fail() {
    printf 'lab: %s\n' "$*" >&2
    exit 1
}

misused() {
    printf "lab: %s: see 'lab --help'\n" "$*" >&2
    exit 2
}

# Tries a command until it succeeds. Fails after the given seconds.
within() {
    deadline=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

require_lab() {
    [ "${LAB:-}" = 1 ] || fail "this works only in a lab: run it as 'lab run -- lab ...'"
}

# Prints the directory of the logs of the host that this runs on.
logs() {
    echo "$LAB_DIR${LAB_HOST:+/$LAB_HOST}"
}

gone() {
    ! kill -0 "$1"
}

# Prints the process ID in a file, if that process runs: a daemon that crashed leaves its file.
running() {
    process=$(cat "$1" 2>/dev/null) && [ -n "$process" ] && kill -0 "$process" 2>/dev/null && echo "$process"
}

answers() {
    timeout 5 virsh version >/dev/null 2>&1
}

settled() {
    answers || ! running "$pid_file"
}

# Runs a daemon without its caller's open files: Foundation's Process waits for a program until every copy of its socket
# is closed. bash, since plain sh need not know descriptors above 9. The lab calls this as a command of its own: a
# function in the background would leave a shell behind that holds the files, too.
without_inherited_files() {
    exec bash -c '
        for file in /proc/$$/fd/*; do
            [ "${file##*/}" -le 2 ] || eval "exec ${file##*/}>&-"
        done
        exec "$@"' bash "$@"
}
