/* SPDX-License-Identifier: GPL-2.0-only */
/* The slow parts of the run loop; the loop itself is in run_loop.h. */
#ifndef VCTX_RUN_SLOW_H
#define VCTX_RUN_SLOW_H

#include <linux/ptrace.h>
#include <linux/user-return-notifier.h>
#include <linux/vcontext.h>

struct vctx_cpu;

/**
 * struct vctx_exception - an exception in the guest
 * @vector:	its number; never that of NMI
 * @stepped:	it is #DB, and an instruction has completed under RFLAGS.TF
 * @bus_locked:	it is #DB, and an instruction has locked the bus
 * @ip:		the instruction that the guest is at
 * @code:	the vendor's code for the exit, for the trace
 */
struct vctx_exception {
	unsigned int vector;
	bool stepped;
	bool bus_locked;
	unsigned long ip;
	u32 code;
};

void vctx_run_goes_long(void);
void vctx_run_stayed_long(struct vctx_stats *stats, u64 ns);
void vctx_run_fell_back(struct vctx_cpu *this,
			enum vctx_native_reason reason);
void vctx_run_nmi(struct vctx_cpu *this);
int vctx_run_refused(struct vctx_cpu *this);
int vctx_run_nested_fault(u64 address);
void vctx_run_make_last(struct user_return_notifier *hook);
void vctx_run_catch_up(struct vctx_cpu *this);
int vctx_run_machine_check(struct pt_regs *regs);
int vctx_run_exception(struct vctx_cpu *this, struct pt_regs *regs,
		       const struct vctx_exception *exception);

#endif /* VCTX_RUN_SLOW_H */
