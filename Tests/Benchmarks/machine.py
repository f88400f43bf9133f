# SPDX-License-Identifier: Apache-2.0

"""On which machine it was, and with what."""

import datetime
import os
import platform
import re
import subprocess


def answer(*command, pattern=r"(.+)"):
    """What matches in the output of a command, or nothing where it is not there."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    match = re.search(pattern, result.stdout + result.stderr)
    return match[1].strip() if match else None


def contents(path, pattern):
    """What matches in a file, or nothing."""
    try:
        with open(path, encoding="utf-8") as file:
            match = re.search(pattern, file.read())
    except OSError:
        return None
    return match[1].strip() if match else None


def description(repository):
    """The machine and the versions of all that was measured with."""
    version = r"(\d+(?:\.\d+)+)"
    git = ("git", "-C", repository)
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": answer(*git, "describe", "--always", "--dirty", "--abbrev=12"),
        "cpu": contents("/proc/cpuinfo", r"model name\s*:\s*(.+)") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": int(contents("/proc/meminfo", r"MemTotal:\s*(\d+)")) // 1024,
        "hypervisor": answer("lscpu", pattern=r"Hypervisor vendor:\s*(.+)"),
        "load": os.getloadavg()[0],
        "kernel": platform.release(),
        "system": contents("/etc/os-release", r'PRETTY_NAME="(.+)"'),
        "libc": platform.libc_ver()[1],
        "libvirt": answer("virsh", "--version", pattern=version),
        "qemu": answer("qemu-system-x86_64", "--version", pattern=version),
        "libxml2": answer("pkg-config", "--modversion", "libxml-2.0", pattern=version),
        "python": answer("/usr/bin/python3", "--version", pattern=version),
        "lxml": answer("/usr/bin/python3", "-c", "import lxml; print(lxml.__version__)"),
        "gcc": answer("gcc", "-dumpfullversion", pattern=version),
        "swift": answer("swift", "--version", pattern=r"Swift version (\S+)"),
        "valgrind": answer("valgrind", "--version", pattern=version),
    }
