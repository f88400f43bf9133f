#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds virt-watchdog and installs it on a libvirt host; see --help.
set -eu
unset CDPATH
# Every user's libvirt needs the installed files, regardless of root's umask.
umask 022

root=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
build=$root/.build/install
tree=$build/tree
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
  --uninstall    remove installed files; keep a modified agent.properties, and
                 warn of guests whose persistent domain XML keeps a watchdog
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
        --destdir=* | --prefix=*)
            option=$1
            shift
            set -- "${option%%=*}" "${option#*=}" "$@"
            continue
            ;;
        --destdir | --prefix)
            [ $# -ge 2 ] || fail "$1 needs a directory; see --help"
            set_folder "$1" "${2%/}"
            shift
            ;;
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
    *[!A-Za-z0-9/._+@%,:=~-]*) [ "$1" = --destdir ] || fail "$1 cannot have such a character: '$2'" ;;
    esac
    case $1$2 in
    --destdir) fail "--destdir needs the directory of a tree; leave it out to install on this host" ;;
    --destdir/*) destdir=$2 ;;
    --destdir*) destdir=$(pwd)/$2 ;;
    --prefix | --prefix/*) prefix=$2 ;;
    *) fail "$1 needs an absolute path, not '$2'" ;;
    esac
}

need_root() {
    [ "$(id -u)" -eq 0 ] || [ "$dry_run" = yes ] || fail "needs root: run it with sudo"
}

# --- Dependencies -----------------------------------------------------------

package_manager() {
    for manager in apt-get dnf zypper; do
        if command -v "$manager" >/dev/null 2>&1; then
            say "$manager"
            return
        fi
    done
}

# Prints one of three names of packages: apt-get's, dnf's, zypper's.
pick() {
    case $manager in
    apt-get) say "$1" ;;
    dnf) say "$2" ;;
    zypper) say "$3" ;;
    esac
}

# Each line has a file that the build needs, then the package that has it.
missing_build_packages() {
    while read -r file packages; do
        # Debian keeps some headers in a folder for the architecture.
        if [ -e "$file" ] || find /usr/include -path "*/${file#/usr/include/}" 2>/dev/null |
            grep -q .; then
            continue
        fi
        # shellcheck disable=SC2086 # one word a package
        pick $packages
    done <<'TABLE'
/usr/bin/pkg-config pkg-config pkgconf-pkg-config pkg-config
/usr/include/libxml2/libxml/parser.h libxml2-dev libxml2-devel libxml2-devel
/usr/include/libvirt/libvirt.h libvirt-dev libvirt-devel libvirt-devel
/usr/include/unicode/utypes.h libicu-dev libicu-devel libicu-devel
/usr/include/lzma.h liblzma-dev xz-devel xz-devel
/usr/include/zlib.h zlib1g-dev zlib-devel zlib-devel
TABLE
}

missing_daemon_packages() {
    libvirt='libvirt-daemon-driver-qemu libvirt-client'
    command -v libvirtd >/dev/null 2>&1 || command -v virtqemud >/dev/null 2>&1 ||
        pick 'libvirt-daemon-system libvirt-clients' "$libvirt" "$libvirt"
    find /usr/bin /usr/libexec -name 'qemu-system-*' -o -name qemu-kvm 2>/dev/null |
        grep -q . || pick qemu-system qemu-kvm qemu
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
    packages=$(missing_build_packages)
    if [ -z "$destdir" ] && [ "$task" = install ]; then
        daemon=$(missing_daemon_packages)
        [ -z "$daemon" ] || say "This host has no libvirt daemon or no QEMU; they are installed, too."
        packages="$packages $daemon"
    fi
    # shellcheck disable=SC2086 # one word a package
    install_packages $packages
}

# --- Installing --------------------------------------------------------------

build_tree() {
    run "$root/hooks/packages/build" --prefix "${prefix:-/}" "$tree"
}

# Calls `virt-watchdog setup` or `unsetup` of this repository's build, else of the installation.
call_tool() {
    for tool in "$tree" "$destdir"; do
        tool=$tool$prefix/bin/virt-watchdog
        if "$tool" "$1" --help >/dev/null 2>&1; then break; fi
        tool=''
    done
    set -- "$@" --prefix "${prefix:-/}"
    [ -z "$destdir" ] || set -- "$@" --destdir "$destdir"
    # A dry run builds no tree, so an installed tool has nothing to copy.
    if [ -n "$tool" ] && { [ "$dry_run$1" != yessetup ] || [ -d "$tree" ]; }; then
        [ "$dry_run" = no ] || set -- "$@" --dry-run
        "$tool" "$@"
    elif [ "$dry_run" = yes ]; then
        say "would run: virt-watchdog $*"
    else
        fail "finds no virt-watchdog that knows '$1': run ./install.sh first, with the same options"
    fi
}

install_all() {
    [ -n "$destdir" ] || need_root
    install_dependencies
    build_tree
    call_tool setup --from "$tree"
    [ -z "$destdir" ] && [ "$dry_run" = no ] || return 0
    step "Now in force"
    "$prefix/bin/virt-watchdog" config || true
    prove
}

# The last step: a guest that hangs, on the daemon that was just reloaded.
prove() {
    [ "$verify" = yes ] || return 0
    case $(uname -m) in
    x86_64 | i686) ;;
    *) return 0 ;;
    esac
    step "Proving that it works: a throw-away guest that hangs"
    status=0
    "$prefix/bin/virt-watchdog" verify --connect qemu:///system || status=$?
    case $status in
    0) ;;
    2) say "==> No libvirt daemon runs. Once one does, see that it works: virt-watchdog verify" ;;
    *) fail "all is installed, but it is not proven that it works: see above; virt-watchdog doctor" \
        "checks more (--no-verify leaves this step out)" ;;
    esac
}

# --- Showing -----------------------------------------------------------------

show_demo() {
    need_root
    [ "$(package_manager)" = apt-get ] || fail "--demo fetches its guest's kernel from Debian or" \
        "Ubuntu; on another system, use ./install.sh"
    lab=$root/Tests/Live/lab/lab
    install_dependencies
    if [ "$deps" = yes ]; then
        # shellcheck disable=SC2046 # one word a package
        install_packages $("$lab" packages | while read -r package; do
            dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' ||
                say "$package"
        done)
    fi
    build_tree
    [ "$dry_run" = no ] || return 0
    destdir=$build/demo
    rm -rf "$destdir"
    call_tool setup --from "$tree"
    step "Making the guest"
    "$lab" guest
    step "Starting a private libvirtd; the system's own is left alone"
    "$lab" run --stage "$destdir" -- sh "$root/Tests/Live/lab/demo"
}

parse_arguments "$@"
case $task in
install) install_all ;;
uninstall)
    [ -n "$destdir" ] || need_root
    call_tool unsetup
    ;;
demo) show_demo ;;
esac
