/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether one way into user mode and back does what another does against speculation.
 */
#ifndef PARITY_H
#define PARITY_H

#include "code_walk.h"

/* From the kernel into a guest or into user mode, and back into the kernel. */
struct crossing {
	struct walk in, out;
};

enum parity {
	PARITY_NEITHER,		/* nobody does it here */
	PARITY_SAME,
	PARITY_LACKING,
	PARITY_ON_PURPOSE,	/* we do without, and know why */
};

/*
 * @name:	of a measure, as it is told
 * @needed_by:	whose measure is a need of ours as well
 * @why:	why it is none if somebody else has it
 */
struct parity_rule {
	const char *name;
	bool in;
	enum measure measure;
	enum {
		NEEDED_BY_NONE,
		NEEDED_BY_KERNEL,
		NEEDED_BY_KVM,
		NEEDED_BY_BOTH = NEEDED_BY_KERNEL | NEEDED_BY_KVM,
	} needed_by;
	const char *why;
};

/* Ends with a rule without a name. */
extern const struct parity_rule parity_rules[];

/*
 * Judge a module's crossing by the kernel's own, which is that of a system call, and
 * by KVM's, or NULL.  @wanted, @found: how much of the measure is needed, and there.
 */
enum parity parity_judge(const struct parity_rule *rule, const struct crossing *ours,
			 const struct crossing *kernel, const struct crossing *kvm,
			 unsigned int *wanted, unsigned int *found);

/*
 * The same for the return thunk, which comes first after the exit.  @its: the address of
 * the thunk against ITS, or 0.
 */
enum parity parity_judge_thunk(const struct crossing *ours, const struct crossing *kvm,
			       uint64_t its);

/* What an MSR has to be. */
enum msr_duty {
	MSR_ALIKE,		/* the same on all CPUs */
	MSR_CLEAR,
	MSR_SET_IN_GUEST,	/* set while contexts or virtual machines may run there */
};

/* @mask: the bits that are meant */
struct msr_rule {
	const char *name;
	unsigned int msr;
	uint64_t mask;
	enum msr_duty duty;
	bool amd;
};

/* Ends with a rule without a name. */
extern const struct msr_rule msr_rules[];

/*
 * Judge the values of an MSR on @count CPUs.  @in_guest: whether they are to be set.
 * Returns the first CPU with a wrong value, or -1.
 */
int msr_judge(const struct msr_rule *rule, const uint64_t *values, int count,
	      bool in_guest);

#endif /* PARITY_H */
