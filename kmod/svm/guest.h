/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of a thread that changes from entry to entry goes from where the kernel
 * keeps it into the VMCB, and back.  The rare parts are in guest.c.
 */
#ifndef VCTX_SVM_GUEST_H
#define VCTX_SVM_GUEST_H

#include <asm/segment.h>

#include "share.h"
#include "svm.h"

void svm_sync_cr3(struct vctx_cpu *cpu, unsigned long cr3);
void svm_sync_cr4(struct vctx_cpu *cpu, unsigned long cr4);
bool svm_load_segments(struct svm_cpu *this, const struct pt_regs *regs);
void svm_save_segments(struct svm_cpu *this, const struct pt_regs *regs);

/* 32-bit code follows; see struct vctx_guest_ops. */
static __always_inline void svm_load_compat(struct vctx_cpu *cpu)
{
	svm_cpu_of(cpu)->segments |= VCTX_SEGMENTS_LOADED;
}

/* User state of current into the guest; see struct vctx_guest_ops. */
static __always_inline int svm_load(struct vctx_cpu *cpu,
				    struct pt_regs *regs)
{
	struct svm_cpu *this = svm_cpu_of(cpu);
	struct vmcb_save_area *save = &this->vmcb->save;

	if (unlikely(vctx_segment_selector(ds) | vctx_segment_selector(es) |
		     this->segments) &&
	    !svm_load_segments(this, regs))
		return VCTX_NATIVE_CPU;

	save->rip = regs->ip;
	save->rsp = regs->sp;
	save->rflags = regs->flags;
	save->rax = regs->ax;
	return -1;
}

/* User state from the guest to the kernel's places for it. */
static __always_inline void svm_save(struct vctx_cpu *cpu,
				     struct pt_regs *regs)
{
	struct svm_cpu *this = svm_cpu_of(cpu);
	const struct vmcb_save_area *save = &this->vmcb->save;

	regs->ip = save->rip;
	regs->sp = save->rsp;
	regs->flags = save->rflags;
	regs->ax = save->rax;
	regs->cs = save->cs.selector;
	regs->ss = save->ss.selector;
	if (unlikely(save->ds.selector | save->es.selector |
		     (regs->cs ^ __USER_CS) | (regs->ss ^ __USER_DS)))
		svm_save_segments(this, regs);
}

/* Where KVM may clear a bit that contexts need: see set_bp_spec_reduce(). */
static __always_inline bool svm_needs_bp_spec_reduce(void)
{
#ifdef VCTX_COMPAT_BP_SPEC_REDUCE
	return static_cpu_has(X86_FEATURE_SRSO_BP_SPEC_REDUCE);
#else
	return false;
#endif
}

/**
 * svm_begin_stay - have SVM for one stay in the guest
 * @this: of this CPU; interrupts are off, and stay so until svm_end_stay()
 *
 * The most frequent case is decided here: KVM keeps SVM enabled, and has entered no virtual
 * machine since the last stay.  Return: -1, or why the thread must run natively.
 */
static __always_inline int svm_begin_stay(struct svm_cpu *this)
{
	if (likely(this->cpu.pinned && this->cpu.mine && !this->cpu.broken &&
		   !this->kvm_ratio && vctx_share_may_borrow() &&
		   !vctx_compat_has_perf_events(current) &&
		   !svm_needs_bp_spec_reduce()))
		return -1;
	return svm_begin_any_stay(this);
}

/**
 * svm_end_stay - undoes svm_begin_stay()
 * @this: of this CPU
 */
static __always_inline void svm_end_stay(struct svm_cpu *this)
{
	if (unlikely(!this->cpu.pinned || this->kvm_ratio))
		svm_end_any_stay(this);
}

/* The same two where a stay has to be begun and ended. */
static __always_inline int svm_load_per_stay(struct vctx_cpu *cpu,
					     struct pt_regs *regs)
{
	int reason = svm_begin_stay(svm_cpu_of(cpu));

	return reason < 0 ? svm_load(cpu, regs) : reason;
}

static __always_inline void svm_save_per_stay(struct vctx_cpu *cpu,
					      struct pt_regs *regs)
{
	svm_save(cpu, regs);
	svm_end_stay(svm_cpu_of(cpu));
}

#endif /* VCTX_SVM_GUEST_H */
