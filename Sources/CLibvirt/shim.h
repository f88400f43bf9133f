// SPDX-License-Identifier: Apache-2.0

#ifndef VIRT_WATCHDOG_CLIBVIRT_SHIM_H
#define VIRT_WATCHDOG_CLIBVIRT_SHIM_H

#include <libvirt/libvirt.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>

#endif
