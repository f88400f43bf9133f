# SPDX-License-Identifier: Apache-2.0

# Definitions of guests that boot the lab's kernel.
#
# Swift tests write other definitions with MachineDefinition. The lab has its own, since `install.sh --demo` and
# `lab run -- sh` work without the built tests.

escape() {
    printf '%s' "$1" | sed "s/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/'/\&apos;/g"
}

# libvirt gives a q35 guest a spare port only beside a PCIe device, of which a guest of the lab has none.
usual_controllers() {
    case $machine in
        q35 | pc-q35-*)
            echo "<controller type='pci' index='0' model='pcie-root'/>"
            echo "    <controller type='pci' index='1' model='pcie-root-port'/>"
            ;;
    esac
}

print_domain() {
    require_lab
    name=$(escape "${1:?a name must follow domain}")
    shift
    machine=pc memory=128 uuid='' metadata='' extra='' initrd=$LAB_INITRD channel=''
    unset controllers
    # The kernel's tests of its own ciphers are a tenth of its start.
    words='console=ttyS0 loglevel=1 cryptomgr.notests'
    while [ $# -gt 0 ]; do
        [ $# -ge 2 ] || misused "a value must follow '$1'"
        case $1 in
            --machine) machine=$2 ;;
            --append) words="$words $2" ;;
            --agent)
                initrd=$LAB_INITRD-agent
                channel="<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
                words="$words lab.agent=$2"
                ;;
            --memory) memory=$2 ;;
            --uuid) uuid="<uuid>$2</uuid>" ;;
            --metadata) metadata="<metadata>$(cat "$2")</metadata>" ;;
            --controllers) controllers=$(cat "$2") ;;
            --extra-devices) extra=$(cat "$2") ;;
            *) misused "domain does not know '$1'" ;;
        esac
        shift 2
    done
    : "${controllers=$(usual_controllers)}"
    write_domain | sed '/^ *$/d'
}

write_domain() {
    cat <<END
<domain type='qemu'>
  <name>$name</name>
  $uuid
  $metadata
  <memory unit='MiB'>$memory</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='$(escape "$machine")'>hvm</type>
    <kernel>$(escape "$LAB_KERNEL")</kernel>
    <initrd>$(escape "$initrd")</initrd>
    <cmdline>$(escape "$words")</cmdline>
  </os>
  <features>
    <acpi/>
  </features>
  <on_reboot>restart</on_reboot>
  <devices>
    $controllers
    <controller type='usb' model='none'/>
    <serial type='file'>
      <source path='$(escape "$LAB_DIR")/$name.serial' append='on'/>
    </serial>
    <memballoon model='none'/>
    $channel
    $extra
  </devices>
</domain>
END
}
