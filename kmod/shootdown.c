// SPDX-License-Identifier: GPL-2.0-only
/*
 * Before each VM entry the TLB tag is flushed if the mm's tlb_gen has moved
 * (tlb.h), so all that a shootdown has to do is to end the stay in the guest.
 * The kernel's interrupt does that.  But where the processor can flush by broadcast
 * (INVLPGB), or a hypervisor flushes for the kernel, no interrupt need come, and the
 * guest's tags need not be flushed.  There each context has an mmu_notifier of its mm, which kicks
 * the CPUs that run the mm, and waits until they have left the guest.
 */
#include <linux/kallsyms.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "context.h"
#include "cpu.h"
#include "run_loop.h"
#include "shootdown.h"
#include "work.h"

/* The kernel sends no interrupt for shootdowns, or a test wants kicks. */
static bool tlb_kick __ro_after_init;
module_param(tlb_kick, bool, 0444);
MODULE_PARM_DESC(tlb_kick, "Kick guests at each TLB flush; always so where no interrupt need come with a flush");

static bool runs(int cpu, void *mm)
{
	return READ_ONCE(per_cpu(vctx_cpu, cpu)->mm) == mm &&
	       cpu != raw_smp_processor_id();
}

/* The interrupt has ended the stay, and the loop looks at tlb_gen: that is enough. */
static void kicked(void *mm)
{
	trace_vctx_kick(mm);
}

/*
 * The kernel has raised tlb_gen, with a full barrier that pairs with that in
 * vctx_cpu_attach(): a CPU that is not seen here to run @mm sees the new one.
 * The caller may hold a page-table lock, but interrupts are on, for the kernel sends
 * its own interrupts at the same place, and waits for them.  The CPUs must have been
 * kicked when this returns; models/tlb.pml.
 */
static void invalidate(struct mmu_notifier *notifier, struct mm_struct *mm,
		       unsigned long start, unsigned long end)
{
	on_each_cpu_cond_mask(runs, kicked, mm, true, mm_cpumask(mm));
}

static struct mmu_notifier *alloc_notifier(struct mm_struct *mm)
{
	struct mmu_notifier *notifier = kzalloc(sizeof(*notifier),
						GFP_KERNEL_ACCOUNT);

	return notifier ?: ERR_PTR(-ENOMEM);
}

static void free_notifier(struct mmu_notifier *notifier)
{
	kfree(notifier);
}

static const struct mmu_notifier_ops mmu_notifier_ops = {
	.arch_invalidate_secondary_tlbs = invalidate,
	.alloc_notifier = alloc_notifier,
	.free_notifier = free_notifier,
};

/* In place of the run loop, until the thread is scheduled in again. */
static void on_user_return_native(struct user_return_notifier *hook)
{
	struct vctx_cpu *this = container_of(hook, struct vctx_cpu, hook);

	vctx_run_fell_back(this, VCTX_NATIVE_MEMORY);
	vctx_run_native(this, task_pt_regs(current), VCTX_NATIVE_MEMORY);
}

static void on_user_return(struct user_return_notifier *hook);

/* Gets the notifier for current's context, if there is memory, in place of one before. */
static void get(struct vctx_context *ctx)
{
	struct mmu_notifier *notifier = mmu_notifier_get(&mmu_notifier_ops,
							 current->mm);

	if (ctx->mmu_notifier)
		mmu_notifier_put(ctx->mmu_notifier);
	ctx->mmu_notifier = NULL;
	if (!IS_ERR(notifier)) {
		ctx->mmu_notifier = notifier;
		/*
		 * Unless it is to be evicted meanwhile; models/evict.pml.  The thread does
		 * not enter the guest before this; models/tlb.pml.
		 */
		cmpxchg(&ctx->hook, on_user_return, NULL);
		vctx_cpu_reattach(ctx);
	} else if (PTR_ERR(notifier) != -EINTR) {
		/* An eviction that marks it later interrupts this CPU; models/evict.pml. */
		local_irq_disable();
		if (!READ_ONCE(ctx->evicted))
			vctx_cpu_this()->hook.on_user_return = on_user_return_native;
		local_irq_enable();
	}
	/* If a signal came first, the hook asks again after it. */
}

static void get_work(struct vctx_context *ctx)
{
	struct vctx_context *mine = vctx_context_use();

	if (mine == ctx)
		get(ctx);
	vctx_context_unuse(mine);
}

/*
 * In place of the run loop for a context that has no notifier of its mm: a new
 * one, and after fork() and execve().  The notifier can neither be had nor given back
 * where contexts are inherited, for that sleeps, so it is done on the kernel's way to
 * user mode.
 */
static void on_user_return(struct user_return_notifier *hook)
{
	struct vctx_cpu *this = container_of(hook, struct vctx_cpu, hook);

	/* If there is other work to be done first, this hook comes again. */
	vctx_work_add(this->ctx, get_work);
	irq_work_queue(&this->kick);
	vctx_run_native(this, task_pt_regs(current), VCTX_NATIVE_WORK);
}

/**
 * vctx_shootdown_new_mm - current has another mm, in which no user mode has run yet
 * @ctx: current's context
 */
void vctx_shootdown_new_mm(struct vctx_context *ctx)
{
	if (!ctx->mmu_notifier)
		return;
	/* Unless it is to be evicted; models/evict.pml. */
	cmpxchg(&ctx->hook, NULL, on_user_return);
	vctx_cpu_reattach(ctx);
}

/*
 * The kernel's own function is not exported, so it is known by its name.  A hypervisor
 * that lets the kernel have it, as emulators do, leaves the flushes to interrupts.
 */
static bool __init is_native(void *flush)
{
	char name[KSYM_SYMBOL_LEN];

	if (!flush)
		return true;
	sprint_symbol_no_offset(name, (unsigned long)flush);
	return !strcmp(name, "native_flush_tlb_multi");
}

void __init vctx_shootdown_init(void)
{
	if (vctx_compat_broadcasts_tlb_flush()) {
		tlb_kick = true;
		pr_info("the kernel flushes TLBs by broadcast: each flush interrupts contexts\n");
	} else if (!is_native(vctx_compat_flush_tlb_multi())) {
		tlb_kick = true;
		pr_info("the hypervisor flushes TLBs: each flush interrupts contexts\n");
	}
	if (tlb_kick)
		vctx_context_first_hook = on_user_return;
}

/* After the last context. */
void vctx_shootdown_exit(void)
{
	if (tlb_kick)
		mmu_notifier_synchronize();
}
