/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Option ROM of the direct boot: the BIOS calls it after its own set-up, at any
 * address, and it never returns. It asks the BIOS for the memory map, which only
 * real mode can, and goes on in loader.S, which memory holds at LOADER_ADDRESS.
 */
	.set	LOADER_ADDRESS, 0x200000
	.set	LOADER_GDT, LOADER_ADDRESS + 0x10
	.set	LOADER_GDT_SIZE, 5 * 8
	.set	LOADER_CS, 0x20
	.set	E820_COUNT, 0x7ff0
	.set	E820_TABLE, 0x8000
	.set	E820_ENTRY_SIZE, 20
	.set	SMAP, 0x534d4150

	.code16
	.globl	_start
_start:
	.byte	0x55, 0xaa, 2		/* signature; size in blocks of 512 */
	jmp	enter
	.org	0x18
	.word	0, 0			/* neither PCI nor PnP data */
enter:
	cli
	cld
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$0x7c00, %sp

	xor	%ebx, %ebx
	xor	%ebp, %ebp
	mov	$E820_TABLE, %di
next_range:
	mov	$0xe820, %eax
	mov	$SMAP, %edx
	mov	$E820_ENTRY_SIZE, %ecx
	int	$0x15
	jc	map_done
	inc	%bp
	add	$E820_ENTRY_SIZE, %di
	test	%ebx, %ebx
	jnz	next_range
map_done:
	mov	%bp, E820_COUNT

	in	$0x92, %al		/* A20 on, without a reset */
	or	$2, %al
	and	$0xfe, %al
	out	%al, $0x92
	cli				/* the BIOS may have enabled them */
	mov	$0xff, %al
	out	%al, $0x21
	out	%al, $0xa1

	lgdtl	%cs:(gdtr - _start)
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$LOADER_CS, $LOADER_ADDRESS

gdtr:
	.word	LOADER_GDT_SIZE - 1
	.long	LOADER_GDT
