/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only place that knows kernel versions.  The rest of the module is
 * written for the newest kernel; what an older one lacks, or names otherwise,
 * is supplied here under the newest name.  Included before every file.
 */
#ifndef VCTX_COMPAT_H
#define VCTX_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error vcontext needs Linux 6.1 or newer
#endif

#ifdef __ASSEMBLY__

/* Of the newest kernel's return predictor measures: what 6.1 calls them. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define UNTRAIN_RET_VM UNTRAIN_RET
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define write_ibpb entry_ibpb
#endif

#else /* !__ASSEMBLY__ */

/* Not a matter of versions, but it must come before the first header. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/perf_event.h>
#include <linux/sched.h>

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

/* User shadow stacks came with 6.6. */
static inline bool vctx_compat_user_shstk(struct task_struct *task)
{
#ifdef CONFIG_X86_USER_SHADOW_STACK
	return task->thread.features & BIT(0) /* ARCH_SHSTK_SHSTK */;
#else
	return false;
#endif
}

/* Whether perf counts a task: one context for it, or several before 6.2. */
static inline bool vctx_compat_has_perf_events(struct task_struct *task)
{
#if !defined(CONFIG_PERF_EVENTS)
	return false;
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	int i;

	for (i = 0; i < perf_nr_task_contexts; i++)
		if (task->perf_event_ctxp[i] &&
		    READ_ONCE(task->perf_event_ctxp[i]->nr_events))
			return true;
	return false;
#else
	return task->perf_event_ctxp &&
	       READ_ONCE(task->perf_event_ctxp->nr_events);
#endif
}

#endif /* __ASSEMBLY__ */

#endif /* VCTX_COMPAT_H */
