// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the thread of a context has to do where it may sleep: on the kernel's way to
 * user mode.  The hook and the probes of fork, exec and exit run with preemption off,
 * where memory cannot be had on PREEMPT_RT, nor can any lock but a raw one.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/task_work.h>

#include "context_memory.h"
#include "context_types.h"
#include "work.h"

/* There has been work, so that vctx_work_exit() has something to wait for. */
static bool used;

static void run(struct callback_head *head)
{
	struct vctx_context *ctx = container_of(head, struct vctx_context, work);
	void (*function)(struct vctx_context *ctx) = ctx->work_function;

	/* From here on, there may be other work. */
	WRITE_ONCE(ctx->work_function, NULL);
	function(ctx);
	vctx_context_memory_put(ctx);
	/* The context may have ended, and been the last; see vctx_work_exit(). */
	module_put(THIS_MODULE);
}

/**
 * vctx_work_add - have a function called before the thread goes to user mode again
 * @ctx: the context of current, or of a child that does not run yet
 * @function: runs in the thread, and may sleep.  By then the context may have ended,
 *	unless vctx_context_use() returns it; only its memory is still there.
 *
 * Callable with interrupts off.  From a user-return hook, the caller sends itself an
 * interrupt, since the kernel has already looked for work.
 *
 * Return: true, also if that is to be done already; false if there is other work, or if
 * the thread does not go to user mode any more.
 */
bool vctx_work_add(struct vctx_context *ctx,
		   void (*function)(struct vctx_context *ctx))
{
	if (ctx->work_function)
		return ctx->work_function == function;
	ctx->work_function = function;
	vctx_context_memory_get(ctx);
	__module_get(THIS_MODULE);
	WRITE_ONCE(used, true);
	init_task_work(&ctx->work, run);
	if (!task_work_add(ctx->task, &ctx->work, TWA_RESUME))
		return true;
	ctx->work_function = NULL;
	/* This is not the last reference, nor that of the module. */
	vctx_context_memory_put(ctx);
	module_put(THIS_MODULE);
	return false;
}

/**
 * vctx_work_expect - threads will have work of others, too
 *
 * The last thing that such work does is to give back a reference to the module.
 */
void vctx_work_expect(void)
{
	WRITE_ONCE(used, true);
}

/* After the last context: a thread may still be at the end of its work. */
void vctx_work_exit(void)
{
	if (used)
		synchronize_rcu_tasks();
}
