// SPDX-License-Identifier: GPL-2.0-only
/* What fork, exec and exit do to contexts; the kernel's tracepoints tell of them. */
#include <linux/binfmts.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>

#include "bell.h"
#include "context.h"
#include "inherit.h"
#include "probe.h"
#include "shootdown.h"

/* @child is complete and has not run: nobody else changes it. */
static void on_fork(void *data, struct task_struct *parent,
		    struct task_struct *child)
{
	struct vctx_context *ctx = vctx_context_use();

	if (!ctx)
		return;
	/*
	 * The flag was copied along with the others.  It belongs to the list of
	 * the CPU that the child will run on, and is set there if need be.
	 */
	clear_tsk_thread_flag(child, TIF_USER_RETURN_NOTIFY);
	if (ctx->flags & VCTX_ENTER_INHERIT)
		vctx_context_inherit(ctx, child);
	vctx_context_unuse(ctx);
}

static void on_exec(void *data, struct task_struct *task, pid_t old_pid,
		    struct linux_binprm *bprm)
{
	struct vctx_context *ctx = vctx_context_use();

	if (!ctx)
		return;
	/*
	 * start_thread() leaves out the bit that always reads as 1, which IRET
	 * does not mind and a VM entry does.
	 */
	task_pt_regs(current)->flags |= X86_EFLAGS_FIXED;
	if (!(ctx->flags & VCTX_ENTER_KEEP_EXEC)) {
		vctx_context_end(ctx);
		return;
	}
	vctx_bell_leave(ctx);
	vctx_shootdown_new_mm(ctx);
	vctx_context_unuse(ctx);
}

static void on_exit(void *data, VCTX_COMPAT_EXIT_ARGS)
{
	struct vctx_context *ctx = vctx_context_use();

	if (ctx)
		vctx_context_end(ctx);
}

static struct vctx_probe probes[] = {
	{ "sched_process_fork", on_fork },
	{ "sched_process_exec", on_exec },
	{ "sched_process_exit", on_exit },
};

int __init vctx_inherit_init(void)
{
	return vctx_probe_register(probes, ARRAY_SIZE(probes));
}

void vctx_inherit_exit(void)
{
	vctx_probe_unregister(probes, ARRAY_SIZE(probes));
}
