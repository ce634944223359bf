// SPDX-License-Identifier: GPL-2.0-only
/* The slow parts of the run loop; the loop itself is in run_loop.h. */
#include <linux/context_tracking.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <asm/debugreg.h>
#include <asm/mce.h>
#include <asm/trapnr.h>

#include "context_types.h"
#include "event.h"
#include "idmap.h"
#include "run_loop.h"
#include "work.h"

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

static void send_step(unsigned long ip)
{
	/* Only the thread itself replaces its handlers, in execve(). */
	struct sighand_struct *sighand =
		rcu_dereference_protected(current->sighand, true);
	kernel_siginfo_t info;

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

/* Runs in the thread where it may sleep, at the instruction that it was at. */
static void step_work(struct vctx_context *ctx)
{
	send_step(task_pt_regs(current)->ip);
}

/*
 * The thread's own POPF has set TF, and an instruction has completed under it: the
 * trap is due now and cannot happen again.  The kernel's handler cannot be called from
 * here, so this does the same.  With TF set, the thread then runs natively.
 */
static void single_step(struct vctx_cpu *this, unsigned long ip)
{
	current->thread.trap_nr = X86_TRAP_DB;
	current->thread.error_code = 0;
	current->thread.virtual_dr6 = DR_STEP;

	/* No other work can be pending, for the kernel has done it before the entry. */
	if (VCTX_COMPAT_RT)
		vctx_work_add(this->ctx, step_work);
	else
		send_step(ip);
}

/* In place of the run loop, for good. */
static void on_user_return_native(struct user_return_notifier *hook)
{
	struct vctx_cpu *this = container_of(hook, struct vctx_cpu, hook);

	vctx_run_native(this, task_pt_regs(current), VCTX_NATIVE_BUS_LOCK);
}

/*
 * The instruction has completed, and its trap cannot happen again.  The kernel warns,
 * slows the thread down or kills it, as the boot parameter split_lock_detect says, and
 * no module can have it do so.  So this one lock goes unpunished, and the thread runs
 * natively from now on.
 */
static void bus_locked(struct vctx_cpu *this)
{
	/* Unless it is to be evicted. */
	cmpxchg(&this->ctx->hook, NULL, on_user_return_native);
	vctx_cpu_rehook(this);
	vctx_run_fell_back(this, VCTX_NATIVE_BUS_LOCK);
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
 * vctx_run_machine_check - the guest, or its entry, was hit by a machine check
 * @regs: of current
 *
 * The kernel has it as if it came from user mode.  Return: as struct
 * vctx_guest_ops.run.
 */
int vctx_run_machine_check(struct pt_regs *regs)
{
	do_machine_check(regs);
	return VCTX_GUEST_RESUME;
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
	if (exception->vector == X86_TRAP_MC)
		return vctx_run_machine_check(regs);
	if (exception->bus_locked)
		bus_locked(this);
	if (exception->stepped) {
		single_step(this, exception->ip);
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
	WRITE_ONCE(ctx->fell_back, reason);
	/* 0 would mean never. */
	WRITE_ONCE(ctx->fell_back_at, jiffies | 1);
	thread = vctx_context_thread(ctx, current->nsproxy->net_ns);
	vctx_event_fell_back(&thread, reason);
	if (reason == VCTX_NATIVE_CPU)
		vctx_event_hardware_lost(smp_processor_id(), EBUSY);
}

static unsigned int nmis(void)
{
	return vctx_compat_irqs(IRQ_COUNT_NMI, __nmi_count);
}

/* In place of the run loop, while NMIs go on. */
static void on_user_return_nmi(struct user_return_notifier *hook)
{
	struct vctx_cpu *this = container_of(hook, struct vctx_cpu, hook);

	if (this->nmis != nmis()) {
		this->nmis = nmis();
		this->nmi_at = jiffies;
	} else if (time_after(jiffies, this->nmi_at + 1)) {
		this->detour = NULL;
		vctx_cpu_rehook(this);
	}
	vctx_run_native(this, task_pt_regs(current), VCTX_NATIVE_NMI);
}

/**
 * vctx_run_nmi - an NMI has come in the guest, and the host has had it
 * @this: this CPU
 *
 * The host has had it with the kernel's registers.  perf's hardware events sample by
 * NMIs, and each sample would be of the module.  So all threads of this CPU go on
 * natively, until a tick has passed without another NMI.
 */
void vctx_run_nmi(struct vctx_cpu *this)
{
	this->nmis = nmis();
	this->nmi_at = jiffies;
	this->detour = on_user_return_nmi;
	vctx_cpu_rehook(this);
	vctx_run_fell_back(this, VCTX_NATIVE_NMI);
}

/**
 * vctx_run_refused - the processor did not enter the guest
 * @this: this CPU; the back end is not to load another guest there
 *
 * Return: as struct vctx_guest_ops.run.
 */
int vctx_run_refused(struct vctx_cpu *this)
{
	vctx_cpu_break(this);
	pr_err("CPU %d is not used any more; please report the lines above\n",
	       smp_processor_id());
	vctx_run_fell_back(this, VCTX_NATIVE_FAILURE);
	return VCTX_NATIVE_FAILURE;
}

/* In place of the run loop, once: the access that cannot be mapped happens natively. */
static void on_user_return_unmapped(struct user_return_notifier *hook)
{
	struct vctx_cpu *this = container_of(hook, struct vctx_cpu, hook);

	vctx_cpu_rehook(this);
	vctx_run_fell_back(this, VCTX_NATIVE_MEMORY);
	vctx_run_native(this, task_pt_regs(current), VCTX_NATIVE_MEMORY);
}

/* Runs in the thread where it may sleep. */
static void map_work(struct vctx_context *ctx)
{
	struct vctx_cpu *this;

	if (!vctx_idmap_fault(ctx->fault))
		return;
	/* An eviction sets the hook of the context, and then that of the CPU. */
	local_irq_disable();
	this = vctx_cpu_this();
	if (this->ctx == ctx && !READ_ONCE(ctx->hook))
		this->hook.on_user_return = on_user_return_unmapped;
	local_irq_enable();
}

/**
 * vctx_run_nested_fault - the guest touched memory outside the identity map
 * @address: the physical address
 *
 * The thread maps it where it may sleep, before it gets to its next instruction.
 * Return: as struct vctx_guest_ops.run.
 */
int vctx_run_nested_fault(u64 address)
{
	struct vctx_cpu *this = vctx_cpu_this();

	this->ctx->fault = address;
	if (vctx_work_add(this->ctx, map_work)) {
		irq_work_queue(&this->kick);
		return VCTX_NATIVE_WORK;
	}
	vctx_run_fell_back(this, VCTX_NATIVE_MEMORY);
	return VCTX_NATIVE_MEMORY;
}
