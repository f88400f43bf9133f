# SPDX-License-Identifier: Apache-2.0

# The operating system of the guest that `virt-watchdog verify` boots. It arms an i6300esb and
# hangs, to show whether the hypervisor resets it.
#
# QEMU starts the image with -kernel, by the Linux boot protocol, behind SeaBIOS. It needs only a pc
# or q35 machine with a serial port, and prints there:
#
#     VERIFY booted
#     VERIFY found 00:04.0       as soon as there is an i6300esb, cold-plugged or hot-plugged
#     VERIFY armed               the timer runs; from here on the guest hangs
#     VERIFY failed: ...         the reason; the guest hangs without an armed timer
#
# It also finds the device behind bridges, at any depth, if the firmware has numbered their buses.
# It does not number buses itself, handle interrupts of devices, or use a second processor.
#
#     as --32 -o guest.o guest.s
#     ld -m elf_i386 --oformat binary -Ttext=0x90000 -o guest guest.o
#
# The bytes are in GuestImage.swift, and GuestImageTests compares the two.

# The boot protocol's address for the real-mode part of a kernel that does not load high, and the
# end of our part of the segment. QEMU's command line ends at 0x9a000.
.set BASE, 0x90000
.set STACK, BASE + 0x9000
.set SECTOR, 512

# The serial port COM1.
.set COM1, 0x3f8
.set COM1_DATA, COM1
.set COM1_INTERRUPTS, COM1 + 1
.set COM1_FIFO, COM1 + 2
.set COM1_LINE, COM1 + 3
.set COM1_MODEM, COM1 + 4
.set COM1_STATUS, COM1 + 5
.set LINE_8N1, 0x03
.set LINE_DIVISOR, 0x80                 # the first two ports are the divisor's while this is set
.set DIVISOR_115200, 1
.set FIFO_ON, 0x07                      # and emptied
.set MODEM_READY, 0x03                  # DTR and RTS
.set STATUS_CAN_SEND, 0x20

# The interrupt controller. Only the first of the two is set up, and masks the second.
.set PIC_COMMAND, 0x20
.set PIC_DATA, 0x21
.set PIC_INITIALISE, 0x11               # edge-triggered, two controllers, four words to come
.set PIC_VECTOR, 0x20                   # of line 0; below are the processor's own exceptions
.set PIC_SECOND_ON_LINE_2, 0x04
.set PIC_8086, 0x01
.set PIC_ONLY_LINE_0, 0xfe
.set PIC_END_OF_INTERRUPT, 0x20
.set PIC_LINES, 8

# The interval timer on line 0 of the interrupt controller.
.set PIT_CHANNEL_0, 0x40
.set PIT_MODE, 0x43
.set PIT_RATE, 0x34                     # channel 0, low byte then high byte, over and over
.set PIT_50_MS, 59659                   # of a clock of 1.193182 MHz

# Configuration space by ports: a function's address has this bit, and then its bus, device and
# function, each with its place in the word.
.set CONFIG_ADDRESS, 0xcf8
.set CONFIG_DATA, 0xcfc
.set CONFIG_ENABLE, 0x80000000
.set CONFIG_BUS, 1 << 16
.set CONFIG_DEVICE, 1 << 11
.set CONFIG_FUNCTION, 1 << 8
.set CONFIG_FUNCTIONS, 7 << 8

# Registers there that every function has.
.set PCI_ID, 0x00
.set PCI_COMMAND, 0x04
.set PCI_HEADER, 0x0e
.set COMMAND_MEMORY, 0x02               # the function answers to memory addresses
.set HEADER_BRIDGE, 0x01
.set HEADER_MANY_FUNCTIONS, 0x80
.set NO_VENDOR, 0xffff                  # the value of an empty slot

# Registers of a bridge.
.set BRIDGE_SECONDARY, 0x19             # the number of the bus behind it
.set BRIDGE_SUBORDINATE, 0x1a           # the highest number of a bus behind it
.set BRIDGE_WINDOW, 0x20                # the first and, 16 bits higher, the last MiB it passes on

# The capabilities of a bridge, and in that of PCI Express what powers the slot behind it.
.set BRIDGE_CAPABILITIES, 0x34          # where the first one is; then each says where the next is
.set CAPABILITY_EXPRESS, 0x10
.set EXPRESS_SLOT, 0x14
.set EXPRESS_SLOT_CONTROL, 0x18
.set SLOT_HAS_POWER_SWITCH, 0x02
.set SLOT_POWER_OFF, 0x0400

# Registers of the i6300esb in configuration space.
.set ESB_ID, 0x25ab8086
.set ESB_BASE, 0x10
.set ESB_CONFIG, 0x60                   # 16 bits wide
.set ESB_LOCK, 0x68                     # 8 bits wide
.set BASE_FLAGS, 0x0f                   # the bits of a base address that are no address
.set CONFIG_INTERRUPT_OFF, 0x03         # nothing at the end of the first stage; the others of its
                                        # bits are zero for a clock of 1 kHz and a reset at the end
.set LOCK_ENABLE, 0x02

# Its registers in memory. Every other write needs the two unlocking writes before it.
.set ESB_TIMER_1, 0x00
.set ESB_TIMER_2, 0x04
.set ESB_RELOAD, 0x0c
.set UNLOCK_1, 0x80
.set UNLOCK_2, 0x86
.set RELOAD_START_OVER, 0x0100
.set STAGE, 1017                        # about a second: a tick is 2^15 clocks of 33.33 MHz

# The device's address if no bridge above it has a window. The memory of a small guest ends far
# below. The q35 machine's configuration space window ends at 0xc0000000. SeaBIOS assigns addresses
# from 0xfec00000 downward.
.set FREE_ADDRESS, 0xd0000000

# Segments that span all memory.
.set CODE, 8
.set DATA, 16

# -------------------------------------------------------------------------------------------------
# The header. QEMU writes a few of its fields. QEMU's option ROM that starts us writes 0x22c,
# although this version of the protocol ends before it.

.code16
.globl _start
_start:
.org 0x1f1
        .byte   SETUP_SECTORS           # behind the first one
        .word   0                       # mount flags of the root
        .word   KERNEL_SIZE / 16
        .org    0x1fe
        .word   0xaa55
        .org    0x200
        jmp     real_mode
        .org    0x202
        .ascii  "HdrS"
        .word   0x0200                  # the oldest version that has this header
        .long   0                       # no hook into real mode
        .word   0x1000                  # the segment of a kernel that does not load high
        .word   0                       # no name
        .byte   0                       # what the loader is
        .byte   0                       # it does not load high
        .word   0
        .long   0x10000                 # the address of a kernel that does not load high
        .long   0, 0                    # no initial disk
        .org    0x230

# -------------------------------------------------------------------------------------------------
# The loader has put our segment into the data segment. The registers of the device are beyond what
# real mode reaches, so this leaves it for good.

real_mode:
        cli
        lgdtl   segments_register - _start
        lidtl   gates_register - _start
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmpl   $CODE, $main

.code32
main:
        movw    $DATA, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    $STACK, %esp
        call    start_serial
        call    start_ticks
        movl    $text_booted, %esi
        call    print

        # The device may come at any time. Interrupts are on only while there is nothing to do,
        # and then the processor sleeps.
wait:
        movl    $is_watchdog, %esi
        call    scan
        jc      found
        sti
        hlt
        cli
        jmp     wait

found:
        movl    %ebx, watchdog
        call    print_found

        # The firmware has assigned addresses to the devices that it saw. Later devices have none.
        movl    $PCI_COMMAND, %eax
        call    select
        inw     %dx, %ax
        testb   $COMMAND_MEMORY, %al
        jz      give_address
        movl    $ESB_BASE, %eax
        call    select
        inl     %dx, %eax
        andl    $~BASE_FLAGS, %eax
        movl    %eax, address
        jnz     arm

        # From the device up to bus 0, keep each bridge on the stack, and take the address from the
        # nearest window that is open. Its last 4 KiB are what the firmware, which fills windows
        # from the start, uses last.
give_address:
        pushl   $0
climb:
        movl    %ebx, %ecx
        shrl    $16, %ecx
        testb   %cl, %cl
        jz      climbed
        movl    $leads_to_bus, %esi
        call    scan
        movl    $text_no_bridge, %esi
        jnc     say_and_hang
        pushl   %ebx
        cmpl    $0, address
        jne     climb
        call    window
        jc      climb
        orl     $0xff000, %eax
        movl    %eax, address
        jmp     climb
climbed:
        cmpl    $0, address
        jne     descend
        movl    $FREE_ADDRESS, address

        # Down again: a window that is closed opens around the address.
descend:
        popl    %ebx
        testl   %ebx, %ebx
        jz      descended
        call    window
        jnc     opened
        movl    $BRIDGE_WINDOW, %eax
        call    select
        movl    address, %eax
        movl    %eax, %ecx
        shrl    $16, %ecx
        movw    %cx, %ax
        andl    $0xfff0fff0, %eax
        outl    %eax, %dx
opened:
        call    decode_memory
        jmp     descend
descended:
        movl    watchdog, %ebx
        movl    $ESB_BASE, %eax
        call    select
        movl    address, %eax
        outl    %eax, %dx
        inl     %dx, %eax
        andl    $~BASE_FLAGS, %eax
        cmpl    address, %eax
        movl    $text_no_address, %esi
        jne     say_and_hang
        call    decode_memory

arm:
        movl    $ESB_CONFIG, %eax
        call    select
        movw    $CONFIG_INTERRUPT_OFF, %ax
        outw    %ax, %dx
        movl    address, %edi
        call    unlock
        movl    $STAGE, ESB_TIMER_1(%edi)
        call    unlock
        movl    $STAGE, ESB_TIMER_2(%edi)
        call    unlock
        movw    $RELOAD_START_OVER, ESB_RELOAD(%edi)
        movl    $ESB_LOCK, %eax
        call    select
        movb    $LOCK_ENABLE, %al
        outb    %al, %dx
        inb     %dx, %al
        # All of the byte counts: an empty slot has this bit set, too.
        cmpb    $LOCK_ENABLE, %al
        movl    $text_not_started, %esi
        jne     say_and_hang
        movl    $text_armed, %esi
say_and_hang:
        call    print
hang:
        cli
        hlt
        jmp     hang

# Opens the device's registers in memory, at %edi, for one write.
unlock:
        movw    $UNLOCK_1, ESB_RELOAD(%edi)
        movw    $UNLOCK_2, ESB_RELOAD(%edi)
        ret

# -------------------------------------------------------------------------------------------------
# Configuration space. A function is its address in %ebx.

# Selects the register %eax of the function. The port of its value is in %dx then. Changes %eax.
select:
        pushl   %eax
        orl     %ebx, %eax
        andb    $~3, %al
        movw    $CONFIG_ADDRESS, %dx
        outl    %eax, %dx
        popl    %edx
        andl    $3, %edx
        addl    $CONFIG_DATA, %edx
        ret

# Lets the function answer to memory addresses. Changes %eax and %edx.
decode_memory:
        movl    $PCI_COMMAND, %eax
        call    select
        inw     %dx, %ax
        orb     $COMMAND_MEMORY, %al
        outw    %ax, %dx
        ret

# Gives the address of the last MiB that a bridge passes on in %eax; the carry is set if it passes
# on none. Zeros are no window, though they read like one. Changes %ecx and %edx.
window:
        movl    $BRIDGE_WINDOW, %eax
        call    select
        inl     %dx, %eax
        movw    %ax, %cx
        andl    $0xfff00000, %eax
        cmpl    $1, %eax
        jb      1f
        movl    %eax, %edx
        shrl    $16, %edx
        andw    $0xfff0, %cx
        cmpw    %cx, %dx
1:      ret

# Tells by the zero flag whether the function is an i6300esb.
is_watchdog:
        movl    $PCI_ID, %eax
        call    select
        inl     %dx, %eax
        cmpl    $ESB_ID, %eax
        ret

# Tells by the zero flag whether the function is a bridge with the bus %cl right behind it.
leads_to_bus:
        movl    $PCI_HEADER, %eax
        call    select
        inb     %dx, %al
        andb    $~HEADER_MANY_FUNCTIONS, %al
        cmpb    $HEADER_BRIDGE, %al
        jne     1f
        movl    $BRIDGE_SECONDARY, %eax
        call    select
        inb     %dx, %al
        cmpb    %cl, %al
1:      ret

# Powers the slot behind a bridge. With PCI Express hot-plug instead of ACPI's, a new device in an
# empty slot is invisible until the guest powers it. Changes %eax and %edx.
power_slot:
        pushl   %ecx
        movl    $BRIDGE_CAPABILITIES, %eax
        call    select
        inb     %dx, %al
1:      movzbl  %al, %ecx
        jecxz   2f
        movl    %ecx, %eax
        call    select
        inw     %dx, %ax
        xchgb   %al, %ah                # the next one; what this one is
        cmpb    $CAPABILITY_EXPRESS, %ah
        jne     1b
        leal    EXPRESS_SLOT(%ecx), %eax
        call    select
        inb     %dx, %al
        testb   $SLOT_HAS_POWER_SWITCH, %al
        jz      2f
        leal    EXPRESS_SLOT_CONTROL(%ecx), %eax
        call    select
        inw     %dx, %ax
        testw   $SLOT_POWER_OFF, %ax
        jz      2f
        andw    $~SLOT_POWER_OFF, %ax
        outw    %ax, %dx
2:      popl    %ecx
        ret

# Goes through all functions until the test at %esi sets the zero flag for one; then the carry is
# set and the function in %ebx. Keeps %ecx for the test, and changes the other registers.
#
# Functions have consecutive addresses, across devices and buses, so one sum leads to the next. %edi
# is the end: behind bus 0 at first, later behind the highest bus of each bridge found. %ebp is the
# step to the next: a whole device, unless this one has, or may have, more functions.
scan:
        movl    $CONFIG_ENABLE, %ebx
        movl    $CONFIG_ENABLE + CONFIG_BUS, %edi
1:      movl    $CONFIG_DEVICE, %ebp
        testl   $CONFIG_FUNCTIONS, %ebx
        jz      2f
        movl    $CONFIG_FUNCTION, %ebp
2:      movl    $PCI_ID, %eax
        call    select
        inw     %dx, %ax
        cmpw    $NO_VENDOR, %ax
        je      5f
        movl    $PCI_HEADER, %eax
        call    select
        inb     %dx, %al
        testb   $HEADER_MANY_FUNCTIONS, %al
        jz      3f
        movl    $CONFIG_FUNCTION, %ebp
3:      andb    $~HEADER_MANY_FUNCTIONS, %al
        cmpb    $HEADER_BRIDGE, %al
        jne     4f
        call    power_slot
        movl    $BRIDGE_SUBORDINATE, %eax
        call    select
        inb     %dx, %al
        movzbl  %al, %eax
        shll    $16, %eax
        addl    $CONFIG_ENABLE + CONFIG_BUS, %eax
        cmpl    %edi, %eax
        jbe     4f
        movl    %eax, %edi
4:      call    *%esi
        je      6f
5:      addl    %ebp, %ebx
        cmpl    %edi, %ebx
        jb      1b
        ret                             # not below: the carry is clear
6:      stc
        ret

# -------------------------------------------------------------------------------------------------
# The serial port.

start_serial:
        movw    $COM1_INTERRUPTS, %dx
        movb    $0, %al
        outb    %al, %dx
        movw    $COM1_LINE, %dx
        movb    $LINE_DIVISOR, %al
        outb    %al, %dx
        movw    $COM1_DATA, %dx
        movb    $DIVISOR_115200, %al
        outb    %al, %dx
        movw    $COM1_INTERRUPTS, %dx   # the divisor's high byte
        movb    $0, %al
        outb    %al, %dx
        movw    $COM1_LINE, %dx
        movb    $LINE_8N1, %al
        outb    %al, %dx
        movw    $COM1_FIFO, %dx
        movb    $FIFO_ON, %al
        outb    %al, %dx
        movw    $COM1_MODEM, %dx
        movb    $MODEM_READY, %al
        outb    %al, %dx
        ret

# Prints the text at %esi, up to its zero. Changes %eax, %edx and %esi.
print:
        lodsb
        testb   %al, %al
        jz      1f
        call    print_character
        jmp     print
1:      ret

# Prints `VERIFY found BB:DD.F` for the function in %ebx. Changes %eax, %edx and %esi.
print_found:
        movl    $text_found, %esi
        call    print
        movl    %ebx, %eax
        shrl    $16, %eax
        call    print_byte
        movb    $':', %al
        call    print_character
        movl    %ebx, %eax
        shrl    $11, %eax
        andb    $0x1f, %al
        call    print_byte
        movb    $'.', %al
        call    print_character
        movl    %ebx, %eax
        shrl    $8, %eax
        andb    $7, %al
        call    print_digit
        movl    $text_end_of_line, %esi
        jmp     print

# Prints %al as two hexadecimal digits. Changes %eax and %edx.
print_byte:
        pushl   %eax
        shrb    $4, %al
        call    print_digit
        popl    %eax
        andb    $0x0f, %al

# Prints %al, which is below 16, as a hexadecimal digit. Changes %eax and %edx.
print_digit:
        addb    $'0', %al
        cmpb    $'9', %al
        jbe     print_character
        addb    $'a' - '0' - 10, %al

# Prints the character in %al. Changes %eax and %edx.
print_character:
        movb    %al, %ah
        movw    $COM1_STATUS, %dx
1:      inb     %dx, %al
        testb   $STATUS_CAN_SEND, %al
        jz      1b
        movb    %ah, %al
        movw    $COM1_DATA, %dx
        outb    %al, %dx
        ret

# -------------------------------------------------------------------------------------------------
# Interrupts.

# Lets the interval timer, and nothing else, interrupt every 50 ms. Changes %eax.
start_ticks:
        movb    $PIC_INITIALISE, %al
        outb    %al, $PIC_COMMAND
        movb    $PIC_VECTOR, %al
        outb    %al, $PIC_DATA
        movb    $PIC_SECOND_ON_LINE_2, %al
        outb    %al, $PIC_DATA
        movb    $PIC_8086, %al
        outb    %al, $PIC_DATA
        movb    $PIC_ONLY_LINE_0, %al
        outb    %al, $PIC_DATA
        movb    $PIT_RATE, %al
        outb    %al, $PIT_MODE
        movb    $PIT_50_MS & 0xff, %al
        outb    %al, $PIT_CHANNEL_0
        movb    $PIT_50_MS >> 8, %al
        outb    %al, $PIT_CHANNEL_0
        ret

# A tick does nothing except end the sleep.
tick:
        pushl   %eax
        movb    $PIC_END_OF_INTERRUPT, %al
        outb    %al, $PIC_COMMAND
        popl    %eax
        # The action inject-nmi sends this, too. A guest that hangs does not answer.
ignore:
        iret

exception:
        movl    $text_exception, %esi
        jmp     say_and_hang

# -------------------------------------------------------------------------------------------------
# Data. Padding is zeros by name: left to themselves, assemblers fill code with instructions, and
# not all with the same.

.macro  gate handler
        .word   \handler - _start, CODE, 0x8e00, BASE >> 16
.endm

        .balign 8, 0
segments:
        .quad   0
        .quad   0x00cf9a000000ffff      # CODE
        .quad   0x00cf92000000ffff      # DATA
segments_end:

gates:
        gate    exception
        gate    exception
        gate    ignore                  # NMI
        .rept   PIC_VECTOR - 3
        gate    exception
        .endr
        .rept   PIC_LINES               # an interrupt that went away comes as the last of them
        gate    tick
        .endr
gates_end:

segments_register:
        .word   segments_end - segments - 1
        .long   segments
gates_register:
        .word   gates_end - gates - 1
        .long   gates

watchdog:
        .long   0                       # the device, as a function
address:
        .long   0                       # that of its registers in memory, once it has one

text_booted:
        .asciz  "VERIFY booted\r\n"
text_found:
        .asciz  "VERIFY found "
text_end_of_line:
        .asciz  "\r\n"
text_armed:
        .asciz  "VERIFY armed\r\n"
text_no_bridge:
        .asciz  "VERIFY failed: no bridge leads to the device\r\n"
text_no_address:
        .asciz  "VERIFY failed: the device takes no address\r\n"
text_not_started:
        .asciz  "VERIFY failed: the timer does not start\r\n"
text_exception:
        .asciz  "VERIFY failed: the guest's own code is at fault\r\n"

# The real-mode part is whole sectors. A kernel has another part; ours is empty, but it is there.
        .balign SECTOR, 0
kernel:
        .fill   SECTOR
kernel_end:
.set SETUP_SECTORS, (kernel - _start) / SECTOR - 1
.set KERNEL_SIZE, kernel_end - kernel
