/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMX instructions, typed and safe.  Only enter.S executes others: VMLAUNCH and
 * VMRESUME.
 *
 * Each survives its fault: after an emergency VMXOFF, at a crash or a reboot, all of
 * them raise #UD, and the machine must go on.
 */
#ifndef VCTX_VMX_OPS_H
#define VCTX_VMX_OPS_H

#include <linux/types.h>
#include <asm/asm.h>
#include <asm/vmx.h>

/*
 * Run a VMX instruction; true if it succeeded, which CF and ZF tell (SDM,
 * "Conventions" of the VMX instruction reference).
 */
#define __vmx_insn(insn, ...)					\
({								\
	bool ok = false;					\
								\
	asm volatile("1: " insn "\n\t"				\
		     "seta %[ok]\n"				\
		     "2:\n\t"					\
		     _ASM_EXTABLE(1b, 2b)			\
		     : [ok] "+qm" (ok) : __VA_ARGS__		\
		     : "cc", "memory");				\
	ok;							\
})

static inline bool vmx_vmxon(phys_addr_t region)
{
	return __vmx_insn("vmxon %[pa]", [pa] "m" (region));
}

static inline bool vmx_vmclear(phys_addr_t vmcs)
{
	return __vmx_insn("vmclear %[pa]", [pa] "m" (vmcs));
}

static inline bool vmx_vmptrld(phys_addr_t vmcs)
{
	return __vmx_insn("vmptrld %[pa]", [pa] "m" (vmcs));
}

static inline bool vmx_vmptrst(u64 *vmcs)
{
	return __vmx_insn("vmptrst %[pa]", [pa] "m" (*vmcs));
}

static inline void vmx_vmxoff(void)
{
	asm volatile("1: vmxoff\n"
		     "2:\n\t"
		     _ASM_EXTABLE(1b, 2b)
		     : : : "cc", "memory");
}

/* @type: VMX_EPT_EXTENT_* */
static inline bool vmx_invept(unsigned long type, u64 eptp)
{
	struct { u64 eptp, zero; } desc = { eptp, 0 };

	return __vmx_insn("invept %[desc], %[type]",
			  [type] "r" (type), [desc] "m" (desc));
}

/* @type: VMX_VPID_EXTENT_* */
static inline bool vmx_invvpid(unsigned long type, u16 vpid)
{
	struct { u64 vpid, address; } desc = { vpid, 0 };

	return __vmx_insn("invvpid %[desc], %[type]",
			  [type] "r" (type), [desc] "m" (desc));
}

/* With a check, for set-up: does the processor know the field at all? */
static inline bool vmx_write_checked(unsigned long field, u64 value)
{
	return __vmx_insn("vmwrite %[value], %[field]",
			  [field] "r" (field), [value] "rm" (value));
}

/* The same for a field that the processor may not know. */
static inline bool vmx_read_checked(unsigned long field, u64 *value)
{
	return __vmx_insn("vmread %[field], %[value]",
			  [field] "r" (field), [value] "m" (*value));
}

static inline u64 vmx_read(unsigned long field)
{
	u64 value;

	/*
	 * Success needs no test: set-up has written the same field, and the
	 * CPU's VMCS is current as long as it is in VMX operation.  Outside it
	 * the instruction faults, and its result is never used.
	 */
	asm volatile("1: vmread %[field], %[value]\n"
		     "2:\n\t"
		     _ASM_EXTABLE(1b, 2b)
		     : [value] "=r" (value) : [field] "r" (field) : "cc");
	return value;
}

/* The same into @lvalue, which saves a register. */
#define vmx_read_to(field, lvalue)				\
	asm volatile("1: vmread %[f], %[value]\n"		\
		     "2:\n\t"					\
		     _ASM_EXTABLE(1b, 2b)			\
		     : [value] "=m" (lvalue)			\
		     : [f] "r" ((unsigned long)(field)) : "cc")

static inline void vmx_write(unsigned long field, u64 value)
{
	/* As in vmx_read(). */
	asm volatile("1: vmwrite %[value], %[field]\n"
		     "2:\n\t"
		     _ASM_EXTABLE(1b, 2b)
		     : : [field] "r" (field), [value] "rm" (value) : "cc");
}

#endif /* VCTX_VMX_OPS_H */
