/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loader of the direct boot. rom.S jumps to its start in 32-bit protected
 * mode; it completes the boot parameters, switches to long mode with the
 * identity page tables that image.py has laid out, and enters the kernel as
 * the 64-bit boot protocol says: RSI is the boot parameters' address.
 */
	.set	BOOT_PARAMS, 0x201000
	.set	BOOT_PARAMS_E820_COUNT, 0x1e8
	.set	BOOT_PARAMS_E820_TABLE, 0x2d0
	.set	PAGE_TABLES, 0x203000
	.set	PAGE_TABLE_5, PAGE_TABLES + 0x6000
	.set	STACK_TOP, 0x20f000
	.set	E820_COUNT, 0x7ff0
	.set	E820_TABLE, 0x8000
	.set	MSR_EFER, 0xc0000080
	.set	CPUID_7_ECX_LA57, 1 << 16
	.set	CR4_PAE_LA57, 0x1020
	.set	SMI_COMMAND_PORT, 0xb2
	.set	ACPI_ENABLE, 0xf1	/* the BIOS of both emulators takes it */

	.code32
	.globl	_start
_start:
	jmp	1f
	.balign	4
	/* image.py fills these in. */
block_size:	.long	0		/* bytes of one of Bochs' memory blocks */
block_count:	.long	0		/* blocks to touch, from the second on */
kernel_entry:	.long	0

	.org	0x10			/* rom.S knows its place */
gdt:
	.quad	0
	.quad	0
	.quad	0x00af9b000000ffff	/* 0x10: 64-bit code, __BOOT_CS */
	.quad	0x00cf93000000ffff	/* 0x18: flat data, __BOOT_DS */
	.quad	0x00cf9b000000ffff	/* 0x20: flat 32-bit code */
five_levels:	.long	0		/* image.py fills this in, too */

1:	mov	$0x18, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$STACK_TOP, %esp

	/*
	 * Bochs gives a block of the RAM image to an address when the address
	 * is first touched: touch them in ascending order (see image.py).
	 */
	mov	block_size, %ebx
	mov	block_count, %ecx
2:	mov	(%ebx), %eax
	add	block_size, %ebx
	dec	%ecx
	jnz	2b

	movzwl	E820_COUNT, %ecx
	mov	%cl, BOOT_PARAMS + BOOT_PARAMS_E820_COUNT
	mov	$E820_TABLE, %esi
	mov	$BOOT_PARAMS + BOOT_PARAMS_E820_TABLE, %edi
	lea	(%ecx, %ecx, 4), %ecx	/* five words an entry */
	rep movsl

	/*
	 * The kernel would ask for ACPI mode later, by an SMI; with five levels
	 * Bochs 3.0 cannot return from it.
	 */
	mov	$ACPI_ENABLE, %al
	out	%al, $SMI_COMMAND_PORT

	/* Enable five levels if the CPU has them, as the kernel's decompressor does. */
	mov	$PAGE_TABLES, %esi
	mov	$0x20, %edi		/* PAE */
	cmpl	$0, five_levels
	je	3f
	xor	%eax, %eax
	cpuid
	cmp	$7, %eax
	jb	3f
	mov	$7, %eax
	xor	%ecx, %ecx
	cpuid
	test	$CPUID_7_ECX_LA57, %ecx
	jz	3f
	mov	$PAGE_TABLE_5, %esi
	mov	$CR4_PAE_LA57, %edi

3:	mov	%esi, %cr3
	mov	%cr4, %eax
	or	%edi, %eax
	mov	%eax, %cr4
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$0x100, %eax		/* LME */
	wrmsr
	mov	%cr0, %eax
	or	$0x80000001, %eax	/* PG, PE */
	mov	%eax, %cr0
	ljmp	$0x10, $long_mode

	.code64
long_mode:
	mov	$0x18, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%ebp, %ebp
	xor	%edi, %edi
	xor	%ebx, %ebx
	mov	$BOOT_PARAMS, %esi
	mov	kernel_entry(%rip), %eax
	jmp	*%rax
