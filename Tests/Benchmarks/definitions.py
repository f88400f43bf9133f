# SPDX-License-Identifier: Apache-2.0

"""Definitions to measure with, of any size, as libvirt hands them to a hook."""

DISK = """    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none' discard='unmap'/>
      <source file='/var/lib/libvirt/images/{0}.qcow2' index='{0}'/>
      <backingStore/>
      <target dev='vd{1}' bus='virtio'/>
      <alias name='virtio-disk{0}'/>
      <address type='pci' domain='0x0000' bus='0x{2:02x}' slot='0x{3:02x}' function='0x0'/>
    </disk>
"""

DOMAIN = """<domain type='kvm' id='3'>
  <name>i-2-7-VM</name>
  <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
  <memory unit='KiB'>524288</memory>
  <os>
    <type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type>
  </os>
  <on_reboot>restart</on_reboot>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='pci' index='0' model='pci-root'/>
{disks}{watchdog}  </devices>
</domain>
"""

WATCHDOG = """    <watchdog model='i6300esb' action='{}'>
      <alias name='watchdog0'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>
    </watchdog>
"""


def disk(number):
    """A disk; the first 28 are on the bus where a watchdog needs a slot, all others elsewhere."""
    bus, slot = (0, number + 4) if number < 28 else (number // 28 % 255 + 1, number % 28 + 4)
    return DISK.format(number, number, bus, slot)


def definition(size, action=None):
    """A definition of so many bytes, plus or minus one disk, with a watchdog or without."""
    watchdog = WATCHDOG.format(action) if action else ""
    rest = size - len(DOMAIN.format(disks="", watchdog=watchdog))
    disks = []
    while rest > len(DISK) // 2:
        disks.append(disk(len(disks)))
        rest -= len(disks[-1])
    return DOMAIN.format(disks="".join(disks), watchdog=watchdog)
