// SPDX-License-Identifier: GPL-2.0-only
/* The slow parts of the run loop; the loop itself is in run_loop.h. */
#include <linux/context_tracking.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/vtime.h>
#include <asm/debugreg.h>
#include <asm/mce.h>
#include <asm/trapnr.h>

#include "context_types.h"
#include "event.h"
#include "idmap.h"
#include "run_loop.h"

/**
 * vctx_run_take_interrupt - let the host have the interrupt that is pending
 *
 * As after the exit of a virtual machine, a tick that comes now belongs to the guest:
 * it is accounted as user time, and RCU gets the quiescent state that the tick would
 * have seen if it had interrupted user mode.
 *
 * Return: VCTX_GUEST_RESUME; VCTX_NATIVE_INTERRUPT on kernels where the interrupt is
 * to happen again natively; or VCTX_NATIVE_BREAKPOINT if the interrupt has armed one.
 */
int vctx_run_take_interrupt(void)
{
	bool account = !vtime_accounting_enabled_this_cpu();

	if (VCTX_COMPAT_INTERRUPT_NATIVELY)
		return VCTX_NATIVE_INTERRUPT;
	if (account)
		current->flags |= PF_VCPU;
	local_irq_enable();
	/* One instruction, for the shadow of STI. */
	asm volatile("nop");
	local_irq_disable();
	if (account)
		current->flags &= ~PF_VCPU;
	rcu_note_context_switch(false);
	/*
	 * Two things that vctx_state_native() looks at can be changed by others,
	 * with a call of this CPU: they arm breakpoints and install LDTs.  The
	 * guest would never hit a breakpoint; it gets an exception at most from an
	 * LDT, which happens again natively.
	 */
	if (unlikely(hw_breakpoint_active())) {
		vctx_run_fell_back(vctx_cpu_this(), VCTX_NATIVE_BREAKPOINT);
		return VCTX_NATIVE_BREAKPOINT;
	}
	return VCTX_GUEST_RESUME;
}

/*
 * Where the kernel does not track user mode, the guest counts as idle, with RCU
 * alone: a CPU that is idle is not asked for quiescent states.  Until
 * vctx_run_stayed_long() there must be nothing that RCU protects.
 */
void vctx_run_goes_long(void)
{
	if (vctx_cpu_is_tracked())
		__ct_user_enter(CT_STATE_USER);
	else
		ct_idle_enter();
}

void vctx_run_stayed_long(struct vctx_stats *stats, u64 ns)
{
	if (vctx_cpu_is_tracked())
		__ct_user_exit(CT_STATE_USER);
	else
		ct_idle_exit();
	stats->longest_ns = max(stats->longest_ns, ns);
}

/**
 * vctx_run_make_last - let all other notifiers of this CPU run first
 * @hook: ours; the kernel walks the list and will come by it again
 */
void vctx_run_make_last(struct user_return_notifier *hook)
{
	struct hlist_node *last = hook->link.next;

	while (last->next)
		last = last->next;
	hlist_del(&hook->link);
	hlist_add_behind(&hook->link, last);
}

/**
 * vctx_run_catch_up - see to work that came up after the kernel's last look
 * @this: this CPU
 *
 * The kernel does the work when the interrupt arrives, before user mode gets to its
 * next instruction.
 */
void vctx_run_catch_up(struct vctx_cpu *this)
{
	if (vctx_state_prepare() == VCTX_NATIVE_WORK)
		irq_work_queue(&this->kick);
}

/*
 * The thread's own POPF has set TF, and an instruction has completed under it: the
 * trap is due now and cannot happen again.  The kernel's handler cannot be called from
 * here, so this does the same.  With TF set, the thread then runs natively.
 */
static void single_step(unsigned long ip)
{
	/* Only the thread itself replaces its handlers, in execve(). */
	struct sighand_struct *sighand =
		rcu_dereference_protected(current->sighand, true);
	kernel_siginfo_t info;

	current->thread.trap_nr = X86_TRAP_DB;
	current->thread.error_code = 0;
	current->thread.virtual_dr6 = DR_STEP;

	/* A forced signal is fatal where it cannot be handled. */
	if (sigismember(&current->blocked, SIGTRAP) ||
	    sighand->action[SIGTRAP - 1].sa.sa_handler == SIG_IGN) {
		force_sig(SIGTRAP);
		return;
	}
	clear_siginfo(&info);
	info.si_signo = SIGTRAP;
	info.si_code = TRAP_TRACE;
	info.si_addr = (void __user *)ip;
	send_sig_info(SIGTRAP, &info, current);
}

/*
 * INT raises #GP, for the guest has no IDT, and so does SYSENTER, which has nowhere to
 * go.  A jump out of user space raises #GP, too, and there is nothing to read there.
 */
static bool is_syscall(const struct vctx_exception *exception)
{
	return exception->vector == X86_TRAP_GP &&
	       exception->ip < TASK_SIZE_MAX &&
	       (vctx_run_is_at(exception->ip, VCTX_INSN_INT_80) ||
		vctx_run_is_at(exception->ip, VCTX_INSN_SYSENTER));
}

/**
 * vctx_run_exception - what to do about an exception in the guest
 * @this: of this CPU
 * @regs: of current
 * @exception: any but a page fault and the #UD of SYSCALL, which are frequent
 *
 * Return: as struct vctx_guest_ops.run.
 */
int vctx_run_exception(struct vctx_cpu *this, struct pt_regs *regs,
		       const struct vctx_exception *exception)
{
	if (is_syscall(exception)) {
		vctx_run_exited(this->stats, VCTX_EXIT_SYSCALL,
				exception->code);
		return VCTX_NATIVE_SYSCALL;
	}
	vctx_run_exited(this->stats, VCTX_EXIT_EXCEPTION, exception->code);
	if (exception->vector == X86_TRAP_MC) {
		/* As if it came from user mode, where it hit. */
		do_machine_check(regs);
		return VCTX_GUEST_RESUME;
	}
	if (exception->stepped) {
		single_step(exception->ip);
		vctx_run_catch_up(this);
		return VCTX_NATIVE_STEP;
	}
	return VCTX_NATIVE_EXCEPTION;
}

/**
 * vctx_run_fell_back - user mode must go on natively, not for work of the kernel
 * @this: this CPU
 * @reason: why
 */
void vctx_run_fell_back(struct vctx_cpu *this,
			enum vctx_native_reason reason)
{
	struct vctx_context *ctx = this->ctx;
	struct vctx_event_thread thread;

	if (ctx->fell_back_at && ctx->fell_back == reason &&
	    time_before(jiffies, ctx->fell_back_at + HZ))
		return;
	ctx->fell_back = reason;
	/* 0 would mean never. */
	WRITE_ONCE(ctx->fell_back_at, jiffies | 1);
	thread = vctx_context_thread(ctx);
	vctx_event_fell_back(&thread, reason);
	if (reason == VCTX_NATIVE_CPU)
		vctx_event_hardware_lost(smp_processor_id(), EBUSY);
}

/**
 * vctx_run_refused - the processor did not enter the guest
 *
 * Return: as struct vctx_guest_ops.run.
 */
int vctx_run_refused(void)
{
	vctx_run_fell_back(vctx_cpu_this(), VCTX_NATIVE_FAILURE);
	return VCTX_NATIVE_FAILURE;
}

/**
 * vctx_run_nested_fault - the guest touched memory outside the identity map
 * @address: the physical address
 *
 * Return: as struct vctx_guest_ops.run.
 */
int vctx_run_nested_fault(u64 address)
{
	if (!vctx_idmap_fault(address))
		return VCTX_GUEST_RESUME;
	vctx_run_fell_back(vctx_cpu_this(), VCTX_NATIVE_MEMORY);
	return VCTX_NATIVE_MEMORY;
}
