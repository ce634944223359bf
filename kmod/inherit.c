// SPDX-License-Identifier: GPL-2.0
/*
 * What fork, exec and exit do to contexts.  The kernel's own tracepoints tell;
 * they are not exported by name but can be found by walking all of them.
 */
#include <linux/binfmts.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "context.h"
#include "inherit.h"

/* @child exists in full and has not run: what it has is ours to change. */
static void on_fork(void *data, struct task_struct *parent,
		    struct task_struct *child)
{
	struct vctx_context *ctx = vctx_context_of(current);

	if (!ctx)
		return;
	/*
	 * The flag was copied with the rest.  It belongs to the list of the CPU
	 * that the child will run on, and is set there if need be.
	 */
	clear_tsk_thread_flag(child, TIF_USER_RETURN_NOTIFY);
	if (ctx->flags & VCTX_ENTER_INHERIT)
		vctx_context_inherit(ctx, child);
}

static void on_exec(void *data, struct task_struct *task, pid_t old_pid,
		    struct linux_binprm *bprm)
{
	struct vctx_context *ctx = vctx_context_of(current);

	if (!ctx)
		return;
	/*
	 * start_thread() leaves out the bit that always reads as 1, which IRET
	 * does not mind and a VM entry does.
	 */
	task_pt_regs(current)->flags |= X86_EFLAGS_FIXED;
	if (!(ctx->flags & VCTX_ENTER_KEEP_EXEC))
		vctx_context_end(ctx);
}

static void on_exit(void *data, struct task_struct *task)
{
	struct vctx_context *ctx = vctx_context_of(current);

	if (ctx)
		vctx_context_end(ctx);
}

static struct {
	const char *name;
	void *probe;
	struct tracepoint *tp;
} hooks[] = {
	{ "sched_process_fork", on_fork },
	{ "sched_process_exec", on_exec },
	{ "sched_process_exit", on_exit },
};

static void find(struct tracepoint *tp, void *unused)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		if (!strcmp(tp->name, hooks[i].name))
			hooks[i].tp = tp;
}

static void unregister(int n)
{
	while (n--)
		tracepoint_probe_unregister(hooks[n].tp, hooks[n].probe, NULL);
	tracepoint_synchronize_unregister();
}

int __init vctx_inherit_init(void)
{
	int i, ret;

	for_each_kernel_tracepoint(find, NULL);
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		ret = -ENOENT;
		if (hooks[i].tp)
			ret = tracepoint_probe_register(hooks[i].tp,
							hooks[i].probe, NULL);
		if (ret) {
			pr_err("cannot attach to the tracepoint %s (%d)\n",
			       hooks[i].name, ret);
			unregister(i);
			return ret;
		}
	}
	return 0;
}

void vctx_inherit_exit(void)
{
	unregister(ARRAY_SIZE(hooks));
}
