/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of a thread that changes from entry to entry goes from where the kernel
 * keeps it into the VMCS, and back.  The rare parts are in guest.c.
 */
#ifndef VCTX_VMX_GUEST_H
#define VCTX_VMX_GUEST_H

#include <asm/desc.h>
#include <asm/fsgsbase.h>
#include <asm/msr.h>
#include <asm/segment.h>

#include "share.h"
#include "vmx.h"

void vmx_sync_cr3(struct vctx_cpu *cpu, unsigned long cr3);
void vmx_sync_cr4(struct vctx_cpu *cpu, unsigned long cr4);
bool vmx_load_segments(struct vmx_cpu *this, const struct pt_regs *regs);
void vmx_save_segments(struct vmx_cpu *this, struct pt_regs *regs);
void vmx_set_fs_base(struct vmx_cpu *this, unsigned long base);

/*
 * In the kernel, FS has the user's base, but GS has not: the user's is swapped out.
 * Between the two swaps an exception finds its way as it does in the kernel's own
 * entry code.
 */
static __always_inline unsigned long vmx_user_gs_base(void)
{
	unsigned long base;

	asm volatile("swapgs\n\t"
		     "rdgsbase %0\n\t"
		     "swapgs" : "=r" (base));
	return base;
}

static __always_inline void vmx_set_user_gs_base(unsigned long base)
{
	asm volatile("swapgs\n\t"
		     "wrgsbase %0\n\t"
		     "swapgs" : : "r" (base) : "memory");
}

static __always_inline u32 vmx_data_segments(void)
{
	return vctx_segment_selector(ds) | vctx_segment_selector(es) |
	       vctx_segment_selector(fs) | vctx_segment_selector(gs);
}

/* 32-bit code follows; see struct vctx_guest_ops. */
static __always_inline void vmx_load_compat(struct vctx_cpu *cpu)
{
	vmx_cpu_of(cpu)->segments |= VCTX_SEGMENTS_LOADED;
}

/* User state of current into the guest; see struct vctx_guest_ops. */
static __always_inline int vmx_load(struct vctx_cpu *cpu,
				    struct pt_regs *regs)
{
	struct vmx_cpu *this = vmx_cpu_of(cpu);
	unsigned long fs_base, gs_base;

	gs_base = vmx_user_gs_base();
	if (unlikely(vmx_data_segments() | this->segments) &&
	    !vmx_load_segments(this, regs))
		return VCTX_NATIVE_CPU;

	vmx_write(GUEST_RIP, regs->ip);
	vmx_write(GUEST_RSP, regs->sp);
	vmx_write(GUEST_RFLAGS, regs->flags);
	fs_base = rdfsbase();
	if (unlikely(fs_base != this->fs_base))
		vmx_set_fs_base(this, fs_base);
	if (unlikely(gs_base != this->gs_base)) {
		vmx_write(GUEST_GS_BASE, gs_base);
		this->gs_base = gs_base;
	}
	return -1;
}

/* User state from the guest to the kernel's places for it. */
static __always_inline void vmx_save(struct vctx_cpu *cpu,
				     struct pt_regs *regs)
{
	struct vmx_cpu *this = vmx_cpu_of(cpu);
	unsigned long fs_base, gs_base, cs, ss, odd;

	vmx_read_to(GUEST_RSP, regs->sp);
	vmx_read_to(GUEST_RFLAGS, regs->flags);
	regs->cs = cs = vmx_read(GUEST_CS_SELECTOR);
	regs->ss = ss = vmx_read(GUEST_SS_SELECTOR);

	gs_base = vmx_read(GUEST_GS_BASE);
	if (unlikely(gs_base != this->gs_base)) {
		vmx_set_user_gs_base(gs_base);
		this->gs_base = gs_base;
	}
	/* The exit has zeroed the data segments, which mostly were 0 before. */
	odd = vmx_read(GUEST_DS_SELECTOR) | vmx_read(GUEST_ES_SELECTOR) |
	      vmx_read(GUEST_FS_SELECTOR) | vmx_read(GUEST_GS_SELECTOR) |
	      (cs ^ __USER_CS) | (ss ^ __USER_DS);
	if (unlikely(odd || regs->flags & X86_EFLAGS_TF))
		vmx_save_segments(this, regs);
	fs_base = vmx_read(GUEST_FS_BASE);
	if (unlikely(fs_base != this->fs_base)) {
		wrfsbase(fs_base);
		vmx_set_fs_base(this, fs_base);
	}

	/* A VM exit makes the GDT's limit 64 KiB, which LSL and SGDT would show. */
	native_load_gdt(&this->gdt);
	/*
	 * The exit also shortens the TSS by the I/O bitmap.  A thread that has a
	 * bitmap runs natively, and the kernel mends the TSS before that.
	 */
	this_cpu_write(__tss_limit_invalid, true);
}

/**
 * vmx_begin_stay - be in VMX operation for one stay in the guest
 * @this: of this CPU; interrupts are off, and stay so until vmx_end_stay()
 *
 * The most frequent case is decided here: KVM keeps the CPU in VMX operation, and has made
 * no other VMCS current since the last stay.  Return: false if the CPU is not enabled, or
 * is another's.
 */
static __always_inline bool vmx_begin_stay(struct vmx_cpu *this)
{
	if (likely(this->cpu.pinned && this->cpu.mine && !this->cpu.broken &&
		   vctx_share_may_borrow() && vmx_vmptrst(&this->previous) &&
		   this->previous == this->vmcs_pa))
		return true;
	return vmx_begin_any_stay(this);
}

/**
 * vmx_end_stay - undoes vmx_begin_stay()
 * @this: of this CPU
 */
static __always_inline void vmx_end_stay(struct vmx_cpu *this)
{
	if (unlikely(!this->cpu.pinned || this->previous != this->vmcs_pa))
		vmx_end_any_stay(this);
}

/* The same two where a stay has to be begun and ended. */
static __always_inline int vmx_load_per_stay(struct vctx_cpu *cpu,
					     struct pt_regs *regs)
{
	return vmx_begin_stay(vmx_cpu_of(cpu)) ? vmx_load(cpu, regs) :
						 VCTX_NATIVE_CPU;
}

static __always_inline void vmx_save_per_stay(struct vctx_cpu *cpu,
					      struct pt_regs *regs)
{
	vmx_save(cpu, regs);
	vmx_end_stay(vmx_cpu_of(cpu));
}

#endif /* VCTX_VMX_GUEST_H */
