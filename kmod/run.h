/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VCTX_RUN_H
#define VCTX_RUN_H

#include <linux/irq_work.h>
#include <linux/user-return-notifier.h>

struct vctx_context;
struct vctx_stats;

/**
 * struct vctx_run_cpu - who runs on a CPU
 * @hook:	on the CPU's list of user-return notifiers while @stats is not
 *		NULL
 * @stats:	of the context of the thread that this CPU runs
 * @hw:		what the back end has for the CPU
 * @kick:	an interrupt to self; does nothing, the way back from it does
 */
struct vctx_run_cpu {
	struct user_return_notifier hook;
	struct vctx_stats *stats;
	void *hw;
	struct irq_work kick;
};

void vctx_run_attach(struct vctx_context *ctx);
void vctx_run_detach(void);
void vctx_run_take_interrupt(void);
void vctx_run_make_last(struct user_return_notifier *hook);
void vctx_run_catch_up(struct vctx_run_cpu *this);
void vctx_run_init(void);

#endif /* VCTX_RUN_H */
