/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_CPU_H
#define VCTX_CPU_H

#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/user-return-notifier.h>

#include "tick.h"
#include "tlb.h"

struct mm_struct;
struct vctx_context;
struct vctx_stats;

/**
 * struct vctx_cpu - who runs on a CPU; part of what the back end has for it
 * @hook:	on the CPU's list of user-return notifiers while @stats is not
 *		NULL
 * @ctx:	of the thread that this CPU runs; others read it under RCU
 * @stats:	of @ctx
 * @mm:	of that thread, if TLB shootdowns kick; read by other CPUs
 * @entered:	the guest, in TSC cycles; 0 if it is not in the guest
 * @host_cr3, @host_cr4: what the back end has made the guest's from
 * @tag:	the TLB tag of the next VM entry
 * @tick_bound:	for how long the thread may hold the tick, in ns; 0 is not at all
 * @tick:	the CPU's
 * @kick:	an interrupt to self; does nothing, the way back from it does
 */
struct vctx_cpu {
	struct user_return_notifier hook;
	struct vctx_context *ctx;
	struct vctx_stats *stats;
	const struct mm_struct *mm;
	u64 entered;
	unsigned long host_cr3;
	unsigned long host_cr4;
	struct vctx_tlb_tag tag;
	u64 tick_bound;
	struct vctx_tick tick;
	struct irq_work kick;
};

/**
 * struct vctx_exception - an exception in the guest
 * @vector:	which, not NMI
 * @stepped:	of #DB: an instruction has completed under RFLAGS.TF
 * @ip:		where the guest is
 * @code:	the vendor's, for the trace
 */
struct vctx_exception {
	unsigned int vector;
	bool stepped;
	unsigned long ip;
	u32 code;
};

/* Where the back end has them. */
DECLARE_PER_CPU(struct vctx_cpu *, vctx_cpu);

static __always_inline struct vctx_cpu *vctx_cpu_this(void)
{
	return this_cpu_read(vctx_cpu);
}

void vctx_cpu_attach(struct vctx_context *ctx);
void vctx_cpu_detach(void);
void vctx_cpu_reattach(struct vctx_context *ctx);
int vctx_run_take_interrupt(void);
bool vctx_cpu_is_tracked(void);
void vctx_run_goes_long(void);
void vctx_run_stayed_long(struct vctx_stats *stats, u64 ns);
void vctx_run_fell_back(struct vctx_cpu *this,
			enum vctx_native_reason reason);
int vctx_run_refused(void);
int vctx_run_nested_fault(u64 address);
u64 vctx_cpu_stay_ns(const struct vctx_cpu *run,
		     const struct vctx_context *ctx);
void vctx_run_make_last(struct user_return_notifier *hook);
void vctx_run_catch_up(struct vctx_cpu *this);
int vctx_run_exception(struct vctx_cpu *this, struct pt_regs *regs,
		       const struct vctx_exception *exception);
void vctx_cpu_init(void);

#endif /* VCTX_CPU_H */
