#ifndef VIRT_WATCHDOG_CLIBVIRT_SHIM_H
#define VIRT_WATCHDOG_CLIBVIRT_SHIM_H

#include <libvirt/libvirt.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>

#endif
