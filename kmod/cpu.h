/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module knows of each CPU: above all, whose thread it runs. */
#ifndef VCTX_CPU_H
#define VCTX_CPU_H

#include <linux/context_tracking_state.h>
#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/user-return-notifier.h>

#include "backend.h"
#include "tlb.h"

struct mm_struct;
struct vctx_context;
struct vctx_stats;

/**
 * struct vctx_cpu - one CPU; it is a part of what the back end has for that CPU
 * @hook:	is on the CPU's list of user-return notifiers while @hooked
 * @ctx:	the context of the thread that this CPU runs; other CPUs read it
 *		under RCU
 * @stats:	the counters of @ctx
 * @mm:		the address space of that thread; other CPUs read it
 * @entered:	when the guest was entered, in TSC cycles; 0 if the CPU is not in
 *		the guest
 * @host_cr3:	the CR3 that the back end has made the guest's from
 * @host_cr4:	the CR4 that the back end has made the guest's from
 * @tag:	the TLB tag of the next VM entry, and whether that is with nested paging
 * @tick_bound:	for how long the thread may hold the tick, in ns; 0 is not at all
 * @detour:	runs in place of the run loop for all threads of the CPU; NULL mostly
 * @nmis:	how many NMIs the CPU had at @nmi_at
 * @nmi_at:	when @detour last saw another NMI, in jiffies
 * @mine:	no virtual machine has run since a context last did; see share.c
 * @pinned:	KVM keeps virtualisation enabled on it as long as we have it enabled
 * @per_stay:	it has virtualisation for a stay only, and the run loops for that
 * @hooked:	the thread goes to user mode by @hook.  It does, unless its context is
 *		adaptive and native; see adaptive.c.
 * @broken:	it has refused an entry, or failed its trial: threads run natively
 *		there until the module is loaded again
 * @kick:	an interrupt to this CPU itself; its handler does nothing, but the
 *		kernel does its work on the way back to user mode
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
	vctx_hook_fn detour;
	unsigned int nmis;
	unsigned long nmi_at;
	bool mine;
	bool pinned;
	bool per_stay;
	bool hooked;
	bool broken;
	struct irq_work kick;
};

/* Points into what the back end has for the CPU. */
DECLARE_PER_CPU(struct vctx_cpu *, vctx_cpu);

static __always_inline struct vctx_cpu *vctx_cpu_this(void)
{
	return this_cpu_read(vctx_cpu);
}

void vctx_cpu_attach(struct vctx_context *ctx);
void vctx_cpu_detach(struct vctx_cpu *this);
void vctx_cpu_reattach(struct vctx_context *ctx);
void vctx_cpu_rehook(struct vctx_cpu *this);
void vctx_cpu_unhook(struct vctx_cpu *this);
void vctx_cpu_hook(struct vctx_cpu *this);
void vctx_cpu_hook_once(struct vctx_cpu *this);
vctx_hook_fn vctx_cpu_next_hook(const struct vctx_cpu *this);
bool vctx_cpu_is_native(const struct vctx_cpu *this);

/* The hook of adaptive contexts while they are not native, set at module load. */
extern vctx_hook_fn vctx_cpu_adaptive_hook;
vctx_hook_fn vctx_cpu_run_loop(const struct vctx_cpu *this);

/* Whether any CPU is @broken. */
extern bool vctx_cpu_any_broken;
void vctx_cpu_break(struct vctx_cpu *this);

/*
 * Whether the kernel itself tracks user mode on this CPU, and stops the tick for
 * it: that is so on a nohz_full CPU.
 */
static inline bool vctx_cpu_is_tracked(void)
{
	return context_tracking_enabled_this_cpu();
}

/* Whether this CPU runs a context with this @tick_bound by the loop that minds the tick. */
static inline bool vctx_cpu_runs_long(u64 tick_bound)
{
	return tick_bound || vctx_cpu_is_tracked();
}

u64 vctx_cpu_stay_ns(const struct vctx_cpu *cpu,
		     const struct vctx_context *ctx);

void vctx_cpu_init(void);

#endif /* VCTX_CPU_H */
