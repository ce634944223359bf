/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This is the only place that knows kernel versions.  The rest of the module is
 * written for the newest kernel; what an older one lacks, or names otherwise, is
 * supplied here under the newest name.  Kbuild includes it before every file.
 */
#ifndef VCTX_COMPAT_H
#define VCTX_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error vcontext needs Linux 6.1 or newer
#endif

#ifndef VCTX_COMPAT_CLEAR_BHB_VMEXIT
#define X86_FEATURE_CLEAR_BHB_VMEXIT X86_FEATURE_CLEAR_BHB_LOOP_ON_VMEXIT
#endif

/*
 * What newer kernels reserve for KVM.  Where CR4 cannot be changed for
 * good, VMX operation is ours for one stay in the guest at most.
 */
#ifndef VCTX_COMPAT_CR4_UPDATE
#define VCTX_COMPAT_VMX_PER_STAY 1
#else
#define VCTX_COMPAT_VMX_PER_STAY 0
#endif

/* The same as VCTX_LIMIT_*, without those of a back end. */
#ifndef VCTX_COMPAT_SWITCH_FPU_RETURN
#define VCTX_COMPAT_LIMITS VCTX_LIMIT_FPU
#else
#define VCTX_COMPAT_LIMITS 0
#endif

#ifndef __ASSEMBLER__

/* This is no matter of versions, but it must come before the first header. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cc_platform.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/syscore_ops.h>
#include <asm/cpufeature.h>
#ifdef VCTX_COMPAT_CPUID_API
#include <asm/cpuid/api.h>
#endif
#include <asm/fpu/api.h>
#include <asm/hardirq.h>
#include <asm/intel_pt.h>
#include <asm/msr.h>
#include <asm/paravirt_types.h>
#include <asm/tlbflush.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_mod(struct vm_area_struct *vma,
				unsigned long set, unsigned long clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#define SECONDARY_EXEC_ENABLE_XSAVES SECONDARY_EXEC_XSAVES
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#define CT_STATE_USER CONTEXT_USER
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define rdmsrq rdmsrl
#define rdmsrq_safe rdmsrl_safe
#define wrmsrq wrmsrl
#define wrmsrq_safe wrmsrl_safe
#define native_rdmsrq __rdmsr
#define native_wrmsrq native_wrmsrl
#endif

#ifndef VCTX_COMPAT_SVM_MISC
#define misc_ctl nested_ctl
#define SVM_MISC_ENABLE_NP SVM_NESTED_CTL_NP_ENABLE
#endif

#ifndef VCTX_COMPAT_HRTIMER_SETUP
#define hrtimer_setup(timer, callback, clock, mode)		\
do {								\
	hrtimer_init(timer, clock, mode);			\
	(timer)->function = callback;				\
} while (0)
#define hrtimer_setup_on_stack(timer, callback, clock, mode)	\
do {								\
	hrtimer_init_on_stack(timer, clock, mode);		\
	(timer)->function = callback;				\
} while (0)
#endif

#ifndef VCTX_COMPAT_TIMERQUEUE_LINKED
#define timerqueue_linked_node timerqueue_node
#define timerqueue_linked_first timerqueue_getnext
#define timerqueue_linked_next timerqueue_iterate_next
#endif

/*
 * Whether the module keeps to what PREEMPT_RT asks for.  Where lockdep checks that on
 * another kernel, it does so as well, and these paths are tested there.
 */
#define VCTX_COMPAT_RT (IS_ENABLED(CONFIG_PREEMPT_RT) ||		\
			IS_ENABLED(CONFIG_PROVE_RAW_LOCK_NESTING))

/* How many interrupts this CPU has had for one purpose. */
#ifdef VCTX_COMPAT_IRQ_COUNTS
#define vctx_compat_irqs(new, old) __this_cpu_read(irq_stat.counts[new])
#else
#define vctx_compat_irqs(new, old) __this_cpu_read(irq_stat.old)
#endif

/* The callbacks of suspend and resume; they are static, and registered by name. */
#ifdef VCTX_COMPAT_SYSCORE
#define VCTX_COMPAT_SYSCORE_DEFINE(name)			\
static int name##_suspend_data(void *data)			\
{								\
	return name##_suspend();				\
}								\
static void name##_resume_data(void *data)			\
{								\
	name##_resume();					\
}								\
static const struct syscore_ops name##_ops = {			\
	.suspend = name##_suspend_data,				\
	.resume = name##_resume_data,				\
};								\
static struct syscore name = { .ops = &name##_ops }
#else
#define VCTX_COMPAT_SYSCORE_DEFINE(name)			\
static struct syscore_ops name = {				\
	.suspend = name##_suspend,				\
	.resume = name##_resume,				\
}
#define register_syscore register_syscore_ops
#define unregister_syscore unregister_syscore_ops
#endif

/* Workqueues with a worker for each CPU have to say so. */
#ifndef VCTX_COMPAT_WQ_PERCPU
#define VCTX_COMPAT_WQ_PERCPU 0
#endif

/* The attributes that a dump was asked with. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define vctx_compat_dump_attrs(cb) (genl_dumpit_info(cb)->attrs)
#else
#define vctx_compat_dump_attrs(cb) (genl_info_dump(cb)->attrs)
#endif

/* The tracepoint sched_process_exit tells more since 6.16. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define VCTX_COMPAT_EXIT_ARGS struct task_struct *task
#else
#define VCTX_COMPAT_EXIT_ARGS struct task_struct *task, bool group_dead
#endif

/* User shadow stacks came with 6.6. */
static inline bool vctx_compat_user_shstk(struct task_struct *task)
{
#ifdef CONFIG_X86_USER_SHADOW_STACK
	return task->thread.features & BIT(0) /* ARCH_SHSTK_SHSTK */;
#else
	return false;
#endif
}

/* Of struct mmu_notifier_ops. */
#ifndef VCTX_COMPAT_SECONDARY_TLBS
#define arch_invalidate_secondary_tlbs invalidate_range
#endif

/*
 * The function by which the kernel flushes TLBs of other CPUs, if a hypervisor may have
 * another; else NULL.
 */
static inline void *vctx_compat_flush_tlb_multi(void)
{
#ifdef VCTX_COMPAT_PV_OPS
	return pv_ops.mmu.flush_tlb_multi;
#else
	return NULL;
#endif
}

/* TLB flushes by INVLPGB came with 6.15. */
static inline bool vctx_compat_broadcasts_tlb_flush(void)
{
#ifdef CONFIG_BROADCAST_TLB_FLUSH
	return cpu_feature_enabled(X86_FEATURE_INVLPGB);
#else
	return false;
#endif
}

/* KVM's side of SEV-SNP came with 6.11. */
static inline bool vctx_compat_snp_host(void)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
	return false;
#else
	return cc_platform_has(CC_ATTR_HOST_SEV_SNP);
#endif
}

/* Event delivery by FRED came with 6.9. */
static inline bool vctx_compat_fred(void)
{
#ifdef X86_FEATURE_FRED
	return cpu_feature_enabled(X86_FEATURE_FRED);
#else
	return false;
#endif
}

/* Load the FPU's registers now, if that can be done. */
static inline bool vctx_compat_load_fpu(void)
{
#ifdef VCTX_COMPAT_SWITCH_FPU_RETURN
	switch_fpu_return();
	return true;
#else
	return false;
#endif
}

/* Where these do nothing, the module is never in VMX operation for longer than a stay. */
static inline void vctx_compat_set_vmxe(void)
{
#ifdef VCTX_COMPAT_CR4_UPDATE
	cr4_set_bits_irqsoff(X86_CR4_VMXE);
#endif
}

static inline void vctx_compat_clear_vmxe(void)
{
#ifdef VCTX_COMPAT_CR4_UPDATE
	cr4_clear_bits_irqsoff(X86_CR4_VMXE);
#endif
}

/* Tell perf that VMX operation, in which a processor trace may stop, begins or ends. */
static inline void vctx_compat_stop_pt(bool stop)
{
#ifdef VCTX_COMPAT_INTEL_PT
	intel_pt_handle_vmx(stop);
#endif
}

/*
 * Whether perf counts a task: one context for it, or several before 6.2.  Interrupts are
 * off, and RCU frees such a context.
 */
static inline bool vctx_compat_has_perf_events(struct task_struct *task)
{
#if !defined(CONFIG_PERF_EVENTS)
	return false;
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	int i;

	for (i = 0; i < perf_nr_task_contexts; i++) {
		struct perf_event_context *ctx =
			READ_ONCE(task->perf_event_ctxp[i]);

		if (ctx && READ_ONCE(ctx->nr_events))
			return true;
	}
	return false;
#else
	struct perf_event_context *ctx = READ_ONCE(task->perf_event_ctxp);

	return ctx && READ_ONCE(ctx->nr_events);
#endif
}

/* The class of schedulers in BPF came with 6.12; it may have tasks of any policy. */
static inline bool vctx_compat_is_in_sched_ext(struct task_struct *task)
{
#ifdef CONFIG_SCHED_CLASS_EXT
	return task->scx.flags & SCX_TASK_QUEUED;
#else
	return false;
#endif
}

#endif /* __ASSEMBLER__ */

#endif /* VCTX_COMPAT_H */
