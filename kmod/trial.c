// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trial of a CPU: before any thread does, the CPU enters the guest once, at an
 * address that user mode cannot fetch from.  So it must leave at once, by a page fault,
 * with all registers as they were.
 */
#include <linux/percpu.h>
#include <linux/string.h>
#include <asm/debugreg.h>
#include <asm/ptrace.h>
#include <asm/segment.h>

#include "backend.h"
#include "cpu.h"
#include "trial.h"

static DEFINE_PER_CPU(bool, passed);

/* Each register has a value of its own, so that none can be taken for another. */
static void fill(struct pt_regs *regs)
{
	unsigned long *word = (unsigned long *)regs;
	size_t i;

	for (i = 0; i < sizeof(*regs) / sizeof(*word); i++)
		word[i] = 0x0123456789abcdefUL * (2 * i + 1);
	regs->ip = PAGE_OFFSET;
	regs->sp = PAGE_SIZE;
	regs->flags = X86_EFLAGS_FIXED | X86_EFLAGS_IF | X86_EFLAGS_CF |
		      X86_EFLAGS_SF;
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
}

static bool is_same(struct pt_regs *before, struct pt_regs *after)
{
	/* The flag is set in what an exception saves. */
	after->flags &= ~X86_EFLAGS_RF;
	/* What the kernel keeps there is no register. */
	after->orig_ax = before->orig_ax;
	return !memcmp(before, after, sizeof(*before));
}

/**
 * vctx_trial - try this CPU, unless it has passed before
 *
 * The CPU is enabled, and interrupts are off.  Return: whether it can be used; if not,
 * the log says why.
 */
bool vctx_trial(void)
{
	struct pt_regs before, after;
	unsigned long dr7;
	u64 code;

	if (this_cpu_read(passed))
		return true;
	fill(&before);
	after = before;
	/* An exit disables the breakpoints of whoever runs here. */
	get_debugreg(dr7, 7);
	if (!vctx_backend->try(vctx_cpu_this(), &after, &code))
		pr_err("CPU %d: the first entry into the guest ended wrongly (%#llx); threads run natively there; please report\n",
		       smp_processor_id(), code);
	else if (!is_same(&before, &after))
		pr_err("CPU %d: the first entry into the guest changed a register; threads run natively there; please report\n",
		       smp_processor_id());
	else
		this_cpu_write(passed, true);
	set_debugreg(dr7, 7);
	return this_cpu_read(passed);
}

/**
 * vctx_trial_again - this CPU may be another one when it comes back
 */
void vctx_trial_again(void)
{
	this_cpu_write(passed, false);
}
