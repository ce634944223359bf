// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether one way into user mode and back does what another does against speculation.
 *
 * A context's user mode crosses the boundary that a virtual machine crosses, so that
 * what KVM does after an exit is needed.  But it is the user mode of a thread: before
 * the entry it is enough to do what the kernel does before it returns to user mode.
 */
#include "parity.h"

/* More slots than these no processor has. */
#define RETURN_STACK	32

const struct parity_rule parity_rules[] = {
	{ "VERW before the entry", true, MEASURE_VERW, NEEDED_BY_KERNEL,
	  "the kernel clears buffers for virtual machines only" },
	{ "SPEC_CTRL before the entry", true, MEASURE_SPEC_CTRL, NEEDED_BY_KERNEL,
	  "user mode has no value of its own" },
	{ "L1D flush before the entry", true, MEASURE_L1D_FLUSH, NEEDED_BY_NONE,
	  "only the kernel writes the page tables" },
	{ "return stack after the exit", false, MEASURE_RETURNS, NEEDED_BY_BOTH, "" },
	{ "SPEC_CTRL after the exit", false, MEASURE_SPEC_CTRL, NEEDED_BY_KERNEL,
	  "user mode has no value of its own" },
	{ "IBPB after the exit", false, MEASURE_IBPB, NEEDED_BY_BOTH, "" },
	{ "untrained returns after the exit", false, MEASURE_UNTRAIN, NEEDED_BY_BOTH, "" },
	{ "branch history after the exit", false, MEASURE_BRANCHES, NEEDED_BY_KVM,
	  "a system call happens again, and the kernel clears it then" },
	{ }
};

static unsigned int most(const struct parity_rule *rule, const struct crossing *crossing)
{
	const struct walk *walk = rule->in ? &crossing->in : &crossing->out;
	unsigned int count = walk->most[rule->measure];

	/* How often it is done matters only where slots and jumps are counted. */
	switch (rule->measure) {
	case MEASURE_RETURNS:
		return count < RETURN_STACK ? count : RETURN_STACK;
	case MEASURE_BRANCHES:
		return count;
	default:
		return count > 0;
	}
}

enum parity parity_judge(const struct parity_rule *rule, const struct crossing *ours,
			 const struct crossing *kernel, const struct crossing *kvm,
			 unsigned int *wanted, unsigned int *found)
{
	const struct walk *walk = rule->in ? &ours->in : &ours->out;
	unsigned int by_kernel = most(rule, kernel), by_kvm = kvm ? most(rule, kvm) : 0;

	*wanted = rule->needed_by & NEEDED_BY_KERNEL ? by_kernel : 0;
	if (rule->needed_by & NEEDED_BY_KVM && by_kvm > *wanted)
		*wanted = by_kvm;
	/* It has to be on every way of ours. */
	*found = walk->least[rule->measure];
	if (*found < *wanted)
		return PARITY_LACKING;
	if (*found)
		return PARITY_SAME;
	return by_kernel || by_kvm ? PARITY_ON_PURPOSE : PARITY_NEITHER;
}

enum parity parity_judge_thunk(const struct crossing *ours, const struct crossing *kvm,
			       uint64_t its)
{
	if (!kvm->out.thunk)
		return ours->out.thunk ? PARITY_SAME : PARITY_NEITHER;
	if (ours->out.thunk == kvm->out.thunk)
		return PARITY_SAME;
	/* Against ITS only the returns in the first half of a cache line are mended. */
	return kvm->out.thunk == its && !ours->out.thunk && ours->out.half ?
	       PARITY_ON_PURPOSE : PARITY_LACKING;
}

/* The names of the SDM, and of AMD's PPR. */
const struct msr_rule msr_rules[] = {
	/* IBRS, and BHI_DIS_S; the other bits are those of a thread. */
	{ "IA32_SPEC_CTRL", 0x48, 1ULL << 0 | 1ULL << 10, MSR_ALIKE, false },
	{ "IA32_TSX_CTRL", 0x122, ~0ULL, MSR_ALIKE, false },
	/* FB_CLEAR_DIS: with it VERW clears nothing.  KVM sets it for a guest only. */
	{ "IA32_MCU_OPT_CTRL.FB_CLEAR_DIS", 0x123, 1ULL << 3, MSR_CLEAR, false },
	/* RNGDS_MITG_DIS and GDS_MITG_DIS. */
	{ "IA32_MCU_OPT_CTRL", 0x123, 1ULL << 0 | 1ULL << 4, MSR_ALIKE, false },
	/* LFENCE_SERIALIZE, and what the kernel sets against Zenbleed. */
	{ "DE_CFG", 0xc0011029, 1ULL << 1 | 1ULL << 9, MSR_ALIKE, true },
	{ "BP_CFG.BpSpecReduce", 0xc001102e, 1ULL << 4, MSR_SET_IN_GUEST, true },
	{ "EFER.AIBRSE", 0xc0000080, 1ULL << 21, MSR_ALIKE, true },
	{ }
};

int msr_judge(const struct msr_rule *rule, const uint64_t *values, int count,
	      bool in_guest)
{
	uint64_t right = 0;
	int cpu;

	if (!count)
		return -1;
	if (rule->duty == MSR_ALIKE || (rule->duty == MSR_SET_IN_GUEST && !in_guest))
		right = values[0] & rule->mask;
	else if (rule->duty == MSR_SET_IN_GUEST)
		right = rule->mask;
	for (cpu = 0; cpu < count; cpu++)
		if ((values[cpu] & rule->mask) != right)
			return cpu;
	return -1;
}
