#!/bin/sh
# Builds virt-watchdog and installs it on a libvirt host; see --help.
set -eu
# What is installed is for every user's libvirt, whatever root's own files are like.
umask 022

root=$(cd "$(dirname "$0")" && pwd)
build=$root/.build/install
PATH=$PATH:/usr/sbin:/sbin

destdir=''
prefix=/usr
deps=yes
dry_run=no
verify=yes
task=install

usage() {
    cat <<'TEXT'
Usage: ./install.sh [OPTION...]

Builds virt-watchdog and installs it on this host: the hook that libvirt runs
when a guest starts, the service virt-watchdogd, the tool virt-watchdog, and a
first agent.properties. Running it again upgrades in place.

  --destdir DIR  install into the tree DIR; nothing is reloaded there
  --prefix DIR   put the tool into DIR/bin and the service into DIR/sbin
                 (default: /usr); AppArmor lets libvirt start programs in
                 /usr/bin and /usr/sbin only
  --no-deps      do not call the package manager
  --no-verify    do not prove at the end, with a guest that hangs, that it works
  --dry-run      say what would be done, and do nothing
  --uninstall    take back what was installed, but a changed agent.properties
  --demo         show on a private libvirtd, beside the system's own, that a
                 guest that hangs is reset; install nothing but packages
  --help         show this text
TEXT
}

say() { printf '%s\n' "$*"; }
step() { printf '==> %s\n' "$*"; }
fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

# Does something, or says so in a dry run.
run() {
    if [ "$dry_run" = yes ]; then
        say "would run: $*"
    else
        "$@"
    fi
}

parse_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
        --destdir | --prefix)
            [ $# -ge 2 ] || fail "$1 needs a folder; see --help"
            set_folder "$1" "$2"
            shift
            ;;
        --destdir=* | --prefix=*) set_folder "${1%%=*}" "${1#*=}" ;;
        --no-deps) deps=no ;;
        --no-verify) verify=no ;;
        --dry-run) dry_run=yes ;;
        --uninstall) task=uninstall ;;
        --demo) task=demo ;;
        --help | -h)
            usage
            exit 0
            ;;
        *) fail "unknown option '$1'; see --help" ;;
        esac
        shift
    done
}

set_folder() {
    case $2 in
    /*) ;;
    *) [ "$1" = --destdir ] || fail "$1 needs an absolute path, not '$2'" ;;
    esac
    case $1 in
    --destdir) destdir=$(absolute "${2%/}") ;;
    --prefix) prefix=${2%/} ;;
    esac
}

absolute() {
    case $1 in
    '' | /*) printf '%s' "$1" ;;
    *) printf '%s/%s' "$(pwd)" "$1" ;;
    esac
}

need_root() {
    [ "$(id -u)" -eq 0 ] || [ "$dry_run" = yes ] || fail "needs root: run it with sudo"
}

# --- What is installed -------------------------------------------------------

hooks=/etc/libvirt/hooks
properties=/etc/virt-watchdog/agent.properties
cloudstack_properties=/etc/cloudstack/agent/agent.properties
manual=$root/hooks/man
completions=$root/hooks/completions

# The one table of installed files: mode, source, target; no target where none is wanted.
files() {
    cat <<TABLE
0755|$build/virt-watchdog|$prefix/bin/virt-watchdog
0755|$build/virt-watchdogd|$prefix/sbin/virt-watchdogd
0644|$build/virt-watchdogd.service|$(unit)
0755|$build/virt-watchdog-hook|$(hook_target)
0644|$root/hooks/agent.properties|$(properties_target)
0644|$manual/virt-watchdog.1|$prefix/share/man/man1/virt-watchdog.1
0644|$manual/virt-watchdog.5|$prefix/share/man/man5/virt-watchdog.5
0644|$manual/virt-watchdog-hook.8|$prefix/share/man/man8/virt-watchdog-hook.8
0644|$manual/virt-watchdogd.8|$prefix/share/man/man8/virt-watchdogd.8
0644|$completions/virt-watchdog.bash|$prefix/share/bash-completion/completions/virt-watchdog
0644|$completions/_virt-watchdog|$prefix/share/zsh/site-functions/_virt-watchdog
0644|$completions/virt-watchdog.fish|$prefix/share/fish/vendor_completions.d/virt-watchdog.fish
TABLE
}

# What the table put where: `file CHECKSUM PATH` and `folder - PATH`, for --uninstall.
manifest() { printf '%s' "$prefix/share/virt-watchdog/installed"; }

unit() { printf '%s' "$prefix/lib/systemd/system/virt-watchdogd.service"; }

# The hook's own place, unless another hook has it, or CloudStack's agent, which copies its hook
# there without looking at each of its upgrades.
hook_target() {
    if is_ours "$hooks/qemu.d/50-virt-watchdog"; then
        say "$hooks/qemu.d/50-virt-watchdog"
    elif is_ours "$hooks/qemu"; then
        say "$hooks/qemu"
    elif exists "$hooks/qemu" || exists /usr/share/cloudstack-agent; then
        say "$hooks/qemu.d/50-virt-watchdog"
    else
        say "$hooks/qemu"
    fi
}

properties_target() {
    exists "$cloudstack_properties" || exists "$properties" || say "$properties"
}

exists() { [ -e "$destdir$1" ] || [ -L "$destdir$1" ]; }

# A program with our XML namespace in it; a script may mention that, too.
is_ours() {
    [ "$(head -c 4 "$destdir$1" 2>/dev/null | tail -c 3)" = ELF ] &&
        grep -aqs 'urn:virt-watchdog:policy:1' "$destdir$1"
}

checksum() { cksum <"$1" | tr ' ' '-'; }

check_hook_target() {
    case $(hook_target) in
    */qemu.d/*) ;;
    *) return 0 ;;
    esac
    version=$(libvirt_version)
    [ -n "$version" ] || return 0
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    if [ "$major" -gt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -ge 5 ]; }; then return; fi
    reason="another hook stands at $hooks/qemu"
    exists "$hooks/qemu" || reason="CloudStack's agent puts its own hook at $hooks/qemu"
    fail "$reason, and libvirt $version runs one hook only (6.5.0 and later run all in" \
        "$hooks/qemu.d): upgrade libvirt, or let that hook call ours"
}

libvirt_version() {
    for program in libvirtd virtqemud virsh; do
        if command -v "$program" >/dev/null 2>&1; then
            "$program" --version 2>/dev/null |
                sed -n 's/^\([^0-9]*\)\([0-9][0-9]*\.[0-9][0-9]*\.[0-9][0-9]*\).*/\2/p' | head -n 1
            return
        fi
    done
}

# A hook that may not be executed stops the start of every guest.
check_selinux() {
    [ -z "$destdir" ] || return 0
    [ "$(getenforce 2>/dev/null || true)" = Enforcing ] || return 0
    command -v virtqemud >/dev/null 2>&1 || return 0
    fail "SELinux is enforcing, and its policy lets virtqemud run no hook: every guest's start" \
        "would fail. Give virtqemud_t the right to run virt_hook_t in a local policy module," \
        "or make it permissive (semanage permissive -a virtqemud_t), then use --destdir and copy"
}

# --- What it takes -----------------------------------------------------------

package_manager() {
    for manager in apt-get dnf zypper; do
        if command -v "$manager" >/dev/null 2>&1; then
            say "$manager"
            return
        fi
    done
}

# What the build needs: a file that tells whether it is there, then the package by manager.
build_packages() {
    cat <<'TABLE'
/usr/bin/pkg-config pkg-config pkgconf-pkg-config pkg-config
/usr/include/libxml2/libxml/parser.h libxml2-dev libxml2-devel libxml2-devel
/usr/include/libvirt/libvirt.h libvirt-dev libvirt-devel libvirt-devel
/usr/include/unicode/utypes.h libicu-dev libicu-devel libicu-devel
/usr/include/lzma.h liblzma-dev xz-devel xz-devel
/usr/include/zlib.h zlib1g-dev zlib-devel zlib-devel
TABLE
}

missing_build_packages() {
    build_packages | while read -r file apt dnf zypper; do
        # Debian keeps some headers in a folder for the architecture.
        if [ -e "$file" ] || find /usr/include -path "*/${file#/usr/include/}" 2>/dev/null |
            grep -q .; then
            continue
        fi
        case $1 in
        apt-get) say "$apt" ;;
        dnf) say "$dnf" ;;
        zypper) say "$zypper" ;;
        esac
    done
}

daemon_packages() {
    command -v libvirtd >/dev/null 2>&1 || command -v virtqemud >/dev/null 2>&1 || case $1 in
    apt-get) say "libvirt-daemon-system libvirt-clients" ;;
    dnf | zypper) say "libvirt-daemon-driver-qemu libvirt-client" ;;
    esac
    find /usr/bin /usr/libexec -name 'qemu-system-*' -o -name qemu-kvm 2>/dev/null |
        grep -q . || case $1 in
        apt-get) say "qemu-system" ;;
        dnf) say "qemu-kvm" ;;
        zypper) say "qemu" ;;
    esac
}

install_packages() {
    [ $# -gt 0 ] || return 0
    step "Installing packages: $*"
    need_root
    case $(package_manager) in
    apt-get)
        run apt-get update -qq
        run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
        ;;
    dnf) run dnf install -y -q "$@" ;;
    zypper) run zypper --non-interactive --quiet install --no-recommends "$@" ;;
    esac
}

install_dependencies() {
    [ "$deps" = yes ] || return 0
    manager=$(package_manager)
    [ -n "$manager" ] || fail "finds no apt-get, dnf or zypper: install the development files of" \
        "libxml2, libvirt, ICU, lzma and zlib, then use --no-deps"
    packages=$(missing_build_packages "$manager")
    if [ -z "$destdir" ] && [ "$task" = install ]; then
        daemon=$(daemon_packages "$manager")
        [ -z "$daemon" ] || say "This host has no libvirt daemon or no QEMU; they are installed, too."
        packages="$packages $daemon"
    fi
    # shellcheck disable=SC2086 # one word a package
    install_packages $packages
}

# sudo takes away the path of a toolchain that was unpacked somewhere.
find_swift() {
    for folder in '' /opt/swift/usr/bin/ /usr/local/swift/usr/bin/ /usr/share/swift/usr/bin/ \
        /usr/libexec/swift/bin/ "${HOME:-}/.local/share/swiftly/bin/" \
        "/home/${SUDO_USER:-}/.local/share/swiftly/bin/"; do
        if command -v "${folder}swift" >/dev/null 2>&1; then
            command -v "${folder}swift"
            return
        fi
    done
}

require_swift() {
    swift=$(find_swift)
    [ -n "$swift" ] || fail "finds no Swift: install Swift 6.3 or later as" \
        "https://www.swift.org/install/linux says, and have it on the PATH (sudo env PATH=\"\$PATH\" ...)"
    toolchain=$(dirname "$(readlink -f "$swift")")
}

# --- Building ----------------------------------------------------------------

# The archives that a static hook is made of, behind libxml2 itself.
archives='xml2 icuuc lzma z stdc++ m'

# The archives that the service links; libstdc++ is one of libvirt's libraries, too.
service_archives='xml2 icuuc lzma z'

# Prints the names of those archives that this system lacks.
missing_archives() {
    for archive; do
        case $("$toolchain/clang" -print-file-name="lib$archive.a") in
        /*) ;;
        *) say "lib$archive.a" ;;
        esac
    done
}

build_all() {
    require_swift
    step "Building with $("$swift" --version 2>/dev/null | head -n 1)"
    if [ "$dry_run" = yes ]; then
        say "would build the hook, the service and the tool in $build"
        return
    fi
    mkdir -p "$build"
    build_hook
    build_service
    build_product virt-watchdog tool
    sed "s|/usr/sbin/virt-watchdogd|$prefix/sbin/virt-watchdogd|" \
        "$root/hooks/systemd/virt-watchdogd.service" >"$build/virt-watchdogd.service"
}

build_hook() {
    # shellcheck disable=SC2086 # one word an archive
    missing=$(missing_archives $archives c | tr '\n' ' ')
    if [ -z "$missing" ]; then
        set -- -Xswiftc -static-executable \
            -Xlinker "-L$(dirname "$("$toolchain/clang" -print-file-name=libstdc++.a)")"
        for archive in $archives; do set -- "$@" -Xlinker "-l$archive"; done
        # The functions that are called, side by side: a fifth of the time is the kernel's, for mapping pages.
        if [ -x "$toolchain/ld.lld" ]; then
            set -- "$@" -Xswiftc -use-ld=lld -Xlinker --no-warn-symbol-ordering \
                -Xlinker "--symbol-ordering-file=$root/Sources/virt-watchdog-hook/link-order" \
                -Xlinker --no-demangle -Xlinker "-Map=$build/hook.map"
        fi
        if try_build virt-watchdog-hook hook "$@"; then return; fi
        missing="what $build/hook.log names "
    fi
    say "The hook is linked dynamically: this system lacks ${missing}"
    say "    It starts slower, and a hook whose libraries are gone stops guests: run install.sh"
    say "    again after each upgrade of libxml2 or ICU."
    build_product virt-watchdog-hook hook
}

# The service loads libvirt's client library, which loads the system's libxml2. An archive keeps the
# service's own libxml2 apart: its symbols are not exported.
build_service() {
    # shellcheck disable=SC2086 # one word an archive
    missing=$(missing_archives $service_archives | tr '\n' ' ')
    if [ -z "$missing" ]; then
        write_package_configuration
        set -- --pkg-config-path "$build/archives" -Xlinker --no-export-dynamic
        for archive in $service_archives; do set -- "$@" -Xlinker "-l$archive"; done
        if try_build virt-watchdogd service "$@"; then return; fi
        missing="what $build/service.log names "
    fi
    say "The service is linked to the system's libxml2: this system lacks ${missing}"
    say "    Run install.sh again after each upgrade of libxml2 or ICU."
    build_product virt-watchdogd service
}

# Puts a directory with nothing but archives first on the linker's path, which starts with the
# directories that pkg-config names.
write_package_configuration() {
    rm -rf "$build/archives"
    mkdir "$build/archives"
    for archive in $service_archives; do
        ln -s "$("$toolchain/clang" -print-file-name="lib$archive.a")" "$build/archives/"
    done
    for module in libxml-2.0 libvirt; do
        cat >"$build/archives/$module.pc" <<TEXT
Name: $module
Description: $module
Version: $(pkg-config --modversion "$module")
Cflags: $(pkg-config --cflags "$module")
Libs: -L$build/archives $(pkg-config --libs "$module")
TEXT
    done
}

# Builds a product into $build, or ends with the end of the build's log: product, name of its
# scratch folder, more options.
build_product() {
    try_build "$@" && return
    tail -n 30 "$scratch.log" >&2
    fail "the build of $1 failed; the whole log is $scratch.log"
}

try_build() {
    product=$1
    scratch=$build/$2
    shift 2
    if [ "$prefix" != /usr ]; then
        # The build does not notice that the prefix is another one than last time.
        scratch=$scratch-for-prefix
        rm -rf "$scratch"
        mkdir -p "$scratch-header"
        echo "#define VIRT_WATCHDOG_SBINDIR \"$prefix/sbin\"" \
            >"$scratch-header/virt-watchdog-prefix.h"
        set -- "$@" -Xcc "-I$scratch-header"
    fi
    say "    $product ..."
    (cd "$root" && "$swift" build -c release --product "$product" --scratch-path "$scratch" \
        --static-swift-stdlib --disable-local-rpath -Xlinker -s \
        "$@") >"$scratch.log" 2>&1 && cp "$scratch/release/$product" "$build/$product"
}

# --- Installing --------------------------------------------------------------

install_files() {
    step "Installing${destdir:+ into $destdir}"
    new=$build/installed
    table=$build/files
    mkdir -p "$build"
    files >"$table"
    [ "$dry_run" = yes ] || list_files
    while IFS='|' read -r mode source target; do
        [ -n "$target" ] || continue
        say "    $target"
        [ "$dry_run" = yes ] || put "$mode" "$source" "$target"
    done <"$table"
}

# Writes the manifest before the first file, so that an installation that fails can be taken back.
list_files() {
    mkdir -p "$destdir/"
    # What an earlier run made, this one keeps responsible for.
    grep '^folder ' "$destdir$(manifest)" 2>/dev/null >"$new" || true
    grep " $properties\$" "$destdir$(manifest)" 2>/dev/null >>"$new" || true
    while IFS='|' read -r _ source target; do
        [ -n "$target" ] || continue
        make_folder "$(dirname "$target")"
        printf 'file %s %s\n' "$(checksum "$source")" "$target" >>"$new"
    done <"$table"
    make_folder "$(dirname "$(manifest)")"
    sort -u "$new" >"$destdir$(manifest)"
}

# Writes beside the target, then renames: libvirt may run the hook at any moment. It runs whatever
# can be executed in qemu.d, so that a half-written hook must not be there.
put() {
    beside=$(dirname "$3")
    [ "$beside" != "$hooks/qemu.d" ] || beside=$hooks
    temporary=$destdir$beside/.$(basename "$3").new
    trap 'rm -f "$temporary"' EXIT
    rm -f "$temporary"
    cp "$2" "$temporary"
    chmod "$1" "$temporary"
    case $3 in
    "$hooks"/*) "$temporary" guest stopped end - </dev/null || fail "the hook does not run here:" \
        "nothing was changed at $3" ;;
    esac
    mv -f "$temporary" "$destdir$3"
    trap - EXIT
    if command -v restorecon >/dev/null 2>&1; then restorecon "$destdir$3" || true; fi
}

make_folder() {
    [ -d "$destdir$1" ] && return
    make_folder "$(dirname "$1")"
    mkdir "$destdir$1"
    printf 'folder - %s\n' "$1" >>"$new"
}

# What the service keeps during one boot.
run_files=/run/libvirt/virt-watchdog

# Which daemons were reloaded, a line `PID STARTTICKS` each: `virt-watchdog doctor` cannot see it from
# outside.
reload_record=/run/virt-watchdog/reloaded

# libvirt looks for its first hook when it starts or reloads, and not again.
reload_daemons() {
    reloaded=''
    [ -z "$destdir" ] || return 0
    for daemon in libvirtd virtqemud; do
        if [ -d /run/systemd/system ]; then
            systemctl is-active --quiet "$daemon.service" || continue
            step "Reloading $daemon"
            run systemctl reload "$daemon.service"
            pid=$(systemctl show -p MainPID --value "$daemon.service")
        else
            pid=$(cat "/run/$daemon.pid" 2>/dev/null || true)
            if [ -z "$pid" ] || ! kill -0 "$pid" 2>/dev/null; then continue; fi
            step "Reloading $daemon"
            run kill -HUP "$pid"
        fi
        # The process's name, in parentheses, comes before the fields that are counted here.
        ticks=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 20)
        reloaded="$reloaded$pid $ticks
"
    done
}

record_reloads() {
    [ "$dry_run" = no ] && [ -n "$reloaded" ] || return 0
    mkdir -p "$(dirname "$reload_record")"
    printf '%s' "$reloaded" >"$reload_record"
}

forget_reloads() {
    [ -z "$destdir" ] || return 0
    run rm -rf "$(dirname "$reload_record")"
}

remove_run_files() {
    [ -z "$destdir" ] || return 0
    run rm -rf "$run_files"
}

has_systemd() { [ -z "$destdir" ] && [ -d /run/systemd/system ]; }

# Prints the processes of the service's file, also where an upgrade has replaced it. Those of a
# container have another mount namespace.
service_processes() {
    for process in /proc/[0-9]*; do
        case $(readlink "$process/exe" 2>/dev/null || true) in
        "$prefix/sbin/virt-watchdogd" | "$prefix/sbin/virt-watchdogd (deleted)")
            [ "$(readlink "$process/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ] ||
                say "${process#/proc/}"
            ;;
        esac
    done
}

start_service() {
    [ -z "$destdir" ] || return 0
    if ! has_systemd; then
        say "==> This host has no systemd: let its init system run, as root"
        say "        $prefix/sbin/virt-watchdogd &"
        old=$(service_processes | tr '\n' ' ')
        [ -z "$old" ] || say "    The process ${old}still runs the old file: restart it."
        return
    fi
    step "Starting virt-watchdogd"
    run systemctl daemon-reload
    case $(systemctl is-enabled virt-watchdogd.service 2>/dev/null || true) in
    masked*)
        say "    virt-watchdogd.service is masked and stays off: systemctl unmask virt-watchdogd"
        return
        ;;
    esac
    # systemd looks for units by name below these two only.
    case $prefix in
    /usr | /usr/local) run systemctl enable --quiet virt-watchdogd.service ;;
    *) run systemctl enable --quiet "$(unit)" ;;
    esac
    run systemctl restart virt-watchdogd.service ||
        fail "virt-watchdogd does not start: see journalctl -u virt-watchdogd; the hook works without it"
}

# Comes before the removal of the files.
stop_service() {
    [ -z "$destdir" ] || return 0
    grep -q " $prefix/sbin/virt-watchdogd\$" "$list" || return 0
    if has_systemd; then
        step "Stopping virt-watchdogd"
        run systemctl disable --now --quiet virt-watchdogd.service || true
        if [ "$dry_run" = no ] && systemctl is-active --quiet virt-watchdogd.service; then
            fail "virt-watchdogd does not stop: nothing was removed; see systemctl status virt-watchdogd"
        fi
    fi
    # systemd does not know those that an administrator has started.
    for process in $(service_processes); do
        step "Stopping virt-watchdogd, process $process"
        run kill "$process" || continue
        [ "$dry_run" = yes ] || wait_for_end "$process"
    done
}

wait_for_end() {
    seconds=0
    while [ -d "/proc/$1" ]; do
        [ "$seconds" -lt 5 ] || fail "process $1 does not end: nothing was removed; kill -9 $1"
        sleep 1
        seconds=$((seconds + 1))
    done
}

summarize() {
    [ "$dry_run" = no ] || return 0
    [ -z "$destdir" ] || return 0
    step "Now in force"
    "$prefix/bin/virt-watchdog" config || true
    cat <<TEXT
==> What to do next
    Guests that start from now on get a watchdog. For those that run already:
        virt-watchdog plan           shows what would be done, and why
        virt-watchdog apply --all    does it
    A guest is reset only if it feeds its watchdog: see "What the guest needs" in README.md.
TEXT
}

install_all() {
    [ -n "$destdir" ] || need_root
    check_selinux
    check_hook_target
    install_dependencies
    check_hook_target
    build_all
    install_files
    case $prefix in
    /usr) ;;
    *) say "Where AppArmor confines libvirtd, the hook may not start programs in $prefix." ;;
    esac
    reload_daemons
    record_reloads
    # Last, so that the hook is in force even if the service does not start.
    start_service
    summarize
    prove
}

# The last step: a guest that hangs, on the daemon that was just reloaded.
prove() {
    [ "$verify" = yes ] && [ -z "$destdir" ] || return 0
    case $(uname -m) in
    x86_64 | i686) ;;
    *) return 0 ;;
    esac
    if [ -z "$reloaded" ]; then
        say "==> No libvirt daemon runs. Once one does, see that it works: virt-watchdog verify"
        return
    fi
    step "Proving that it works: a throw-away guest that hangs"
    run "$prefix/bin/virt-watchdog" verify --connect qemu:///system || fail "all is installed, but it is not proven that it" \
        "works: see above; virt-watchdog doctor checks more (--no-verify leaves this step out)"
}

# --- Taking back -------------------------------------------------------------

uninstall_all() {
    [ -n "$destdir" ] || need_root
    list=$destdir$(manifest)
    [ -e "$list" ] || fail "nothing is installed there: $list does not exist"
    stop_service
    step "Removing"
    grep '^file ' "$list" | while read -r _ sum path; do
        [ -e "$destdir$path" ] || continue
        if [ "$path" = "$properties" ] && [ "$(checksum "$destdir$path")" != "$sum" ]; then
            say "    $path was changed and stays"
        elif [ "$path" != "$properties" ] && ! is_ours "$path" && [ "$path" = "$hooks/qemu" ]; then
            say "    $path is another hook now and stays"
        else
            say "    $path"
            run rm -f "$destdir$path"
        fi
    done
    folders=$(grep '^folder ' "$list" | cut -d ' ' -f 3- | sort -r)
    run rm -f "$list"
    printf '%s\n' "$folders" | while read -r path; do
        [ -d "$destdir$path" ] || continue
        # One that has something else in it by now stays.
        run rmdir "$destdir$path" 2>/dev/null || true
    done
    if has_systemd; then run systemctl daemon-reload; fi
    reload_daemons
    forget_reloads
    remove_run_files
    say "Guests that run keep their watchdog until they are shut off."
}

# --- Showing -----------------------------------------------------------------

show_demo() {
    need_root
    [ "$(package_manager)" = apt-get ] || fail "--demo fetches its guest's kernel from Debian or" \
        "Ubuntu; on another system, use ./install.sh"
    lab=$root/Tests/Live/lab
    install_dependencies
    if [ "$deps" = yes ]; then
        # shellcheck disable=SC2046 # one word a package
        install_packages $("$lab" packages | while read -r package; do
            dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' ||
                say "$package"
        done)
    fi
    build_all
    [ "$dry_run" = no ] || return 0
    destdir=$build/demo
    rm -rf "$destdir"
    mkdir -p "$destdir"
    install_files
    step "Making the guest"
    "$lab" guest
    step "Starting a private libvirtd; the system's own is left alone"
    "$lab" run --stage "$destdir" -- sh "$root/Tests/Live/demo"
}

parse_arguments "$@"
case $task in
install) install_all ;;
uninstall) uninstall_all ;;
demo) show_demo ;;
esac
