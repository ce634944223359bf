// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parity check of vctxctl doctor, by made-up code: what a walk finds, and how it is
 * judged.  As KTAP.
 */
#include <stdio.h>

#include "doctor/parity.h"

static int number, failed;

static void check(const char *what, bool ok)
{
	number++;
	failed += !ok;
	printf("%sok %d - parity: %s\n", ok ? "" : "not ", number, what);
}

/* From parity_code.S, in its order. */
extern const uint8_t entry_verw[], entry_verw_skipped[], entry_verw_register[],
	entry_verw_in_constant[], entry_verw_on_one_way[], entry_plain[], entry_spec_ctrl[],
	exit_filled[], exit_filled_once[], exit_filled_without_fence[], exit_history[],
	exit_history_called[], history[], exit_ibpb[], exit_ibpb_called[], ibpb[],
	exit_untrained[], untrain[], exit_endless[], exit_nowhere[], exit_first_half[],
	exit_second_half[], system_call[], end_of_pieces[], thunk[];

static uint64_t at(const uint8_t *code)
{
	return (uintptr_t)code;
}

static struct routine routine(const uint8_t *code, size_t size, enum measure is)
{
	return (struct routine){
		.name = "made up", .address = at(code), .is = is, .bytes = code,
		.size = size,
	};
}

static bool walk_from(const uint8_t *code, uint64_t from, enum walk_end end, struct walk *found)
{
	const struct routine whole = routine(code, end_of_pieces - code, MEASURES);
	const struct routine routines[] = {
		routine(history, exit_ibpb - history, MEASURES),
		routine(ibpb, exit_untrained - ibpb, MEASURES),
		routine(untrain, exit_endless - untrain, MEASURE_UNTRAIN),
		{ },
	};

	return code_walk(&whole, from, end, routines, found);
}

/* How much of a measure is on each way; -1: on some ways only, or there is no way. */
static int count(const uint8_t *code, enum walk_end end, enum measure measure)
{
	struct walk found;

	if (!walk_from(code, at(code), end, &found) ||
	    found.least[measure] != found.most[measure])
		return -1;
	return found.most[measure];
}

static void entries(void)
{
	struct walk found;

	check("VERW is found", count(entry_verw, WALK_ENTRY, MEASURE_VERW) == 1);
	check("VERW behind a jump is none", count(entry_verw_skipped, WALK_ENTRY, MEASURE_VERW) == 0);
	check("VERW of a register is none", count(entry_verw_register, WALK_ENTRY, MEASURE_VERW) == 0);
	check("the bytes of VERW in a constant are none",
	      count(entry_verw_in_constant, WALK_ENTRY, MEASURE_VERW) == 0 &&
	      count(entry_verw_in_constant, WALK_ENTRY, MEASURE_SPEC_CTRL) == 0);
	check("VERW on one way of two is told apart",
	      walk_from(entry_verw_on_one_way, at(entry_verw_on_one_way), WALK_ENTRY, &found) &&
	      found.ways == 4 && found.least[MEASURE_VERW] == 0 && found.most[MEASURE_VERW] == 1);
	check("a write of SPEC_CTRL is told from one of an unknown MSR",
	      count(entry_spec_ctrl, WALK_ENTRY, MEASURE_SPEC_CTRL) == 1);
}

static void exits(void)
{
	struct walk found;

	check("a filled return stack has 32 slots", count(exit_filled, WALK_RETURN, MEASURE_RETURNS) == 32);
	check("a single slot is one", count(exit_filled_once, WALK_RETURN, MEASURE_RETURNS) == 1);
	check("slots without LFENCE are none",
	      count(exit_filled_without_fence, WALK_RETURN, MEASURE_RETURNS) == 0);
	check("a loop of jumps clears the branch history",
	      count(exit_history, WALK_RETURN, MEASURE_BRANCHES) == 32);
	check("so does one that is called", count(exit_history_called, WALK_RETURN, MEASURE_BRANCHES) >= 25);
	check("another loop does not", count(exit_filled, WALK_RETURN, MEASURE_BRANCHES) == 0);
	check("an IBPB undoes what was filled before",
	      count(exit_ibpb, WALK_RETURN, MEASURE_IBPB) == 1 &&
	      count(exit_ibpb, WALK_RETURN, MEASURE_RETURNS) == 0);
	check("an IBPB that is called is one, and what is filled after it counts",
	      count(exit_ibpb_called, WALK_RETURN, MEASURE_IBPB) == 1 &&
	      count(exit_ibpb_called, WALK_RETURN, MEASURE_RETURNS) == 32);
	check("a call untrains, and the return is by a thunk",
	      walk_from(exit_untrained, at(exit_untrained), WALK_RETURN, &found) &&
	      found.least[MEASURE_UNTRAIN] == 1 && found.thunk == at(thunk));
	check("an endless loop is not understood",
	      !walk_from(exit_endless, at(exit_endless), WALK_RETURN, &found));
	check("a jump to nowhere is not understood",
	      !walk_from(exit_nowhere, at(exit_nowhere), WALK_RETURN, &found));
	check("a system call has its two ways",
	      walk_from(system_call, at(system_call), WALK_CALL, &found) &&
	      found.least[MEASURE_UNTRAIN] == 1 && !found.most[MEASURE_SPEC_CTRL] &&
	      walk_from(system_call, found.next, WALK_SYSRET, &found) &&
	      found.ways == 1 && found.least[MEASURE_VERW] == 1);
}

static struct crossing crossing(const uint8_t *entry, const uint8_t *exit)
{
	struct crossing found;

	if (!walk_from(entry, at(entry), WALK_ENTRY, &found.in) ||
	    !walk_from(exit, at(exit), WALK_RETURN, &found.out))
		check("made-up code is understood", false);
	return found;
}

static const struct parity_rule *rule_of(enum measure measure)
{
	const struct parity_rule *rule = parity_rules;

	while (rule->measure != measure)
		rule++;
	return rule;
}

static enum parity judge(enum measure measure, const struct crossing *ours,
			 const struct crossing *kernel, const struct crossing *kvm)
{
	unsigned int wanted, found;

	return parity_judge(rule_of(measure), ours, kernel, kvm, &wanted, &found);
}

static void judgements(void)
{
	struct crossing plain = crossing(entry_plain, exit_filled_once);
	struct crossing full = crossing(entry_verw, exit_filled);
	struct crossing one_way = crossing(entry_verw_on_one_way, exit_filled);
	struct crossing spec_ctrl = crossing(entry_spec_ctrl, exit_history);
	struct crossing bare_ibpb = crossing(entry_plain, exit_ibpb);
	struct crossing ibpb_filled = crossing(entry_plain, exit_ibpb_called);
	struct crossing untrained = crossing(entry_plain, exit_untrained);
	struct crossing first = crossing(entry_plain, exit_first_half);
	struct crossing second = crossing(entry_plain, exit_second_half);

	check("the same code is at parity", judge(MEASURE_VERW, &full, &full, &full) == PARITY_SAME &&
	      judge(MEASURE_RETURNS, &full, &full, &full) == PARITY_SAME &&
	      judge(MEASURE_IBPB, &full, &full, &full) == PARITY_NEITHER);
	check("an entry without VERW is found", judge(MEASURE_VERW, &plain, &full, &full) == PARITY_LACKING);
	check("without KVM, too", judge(MEASURE_VERW, &plain, &full, NULL) == PARITY_LACKING);
	check("VERW on one way only is found", judge(MEASURE_VERW, &one_way, &full, &full) == PARITY_LACKING);
	check("VERW that only KVM has is left out on purpose",
	      judge(MEASURE_VERW, &plain, &plain, &full) == PARITY_ON_PURPOSE);
	check("1 slot of 32 is found", judge(MEASURE_RETURNS, &plain, &plain, &full) == PARITY_LACKING);
	check("KVM's own SPEC_CTRL is left out on purpose",
	      judge(MEASURE_SPEC_CTRL, &plain, &plain, &spec_ctrl) == PARITY_ON_PURPOSE);
	check("the kernel's IBRS is needed", judge(MEASURE_SPEC_CTRL, &plain, &spec_ctrl, &spec_ctrl) == PARITY_LACKING);
	check("a branch history that is not cleared is found",
	      judge(MEASURE_BRANCHES, &plain, &plain, &spec_ctrl) == PARITY_LACKING);
	check("an IBPB that leaves the return stack is found",
	      judge(MEASURE_IBPB, &bare_ibpb, &plain, &ibpb_filled) == PARITY_SAME &&
	      judge(MEASURE_RETURNS, &bare_ibpb, &plain, &ibpb_filled) == PARITY_LACKING);
	check("a plain RET in place of a thunk is found",
	      parity_judge_thunk(&plain, &untrained, 0) == PARITY_LACKING);
	check("a RET in the second half of a line needs no thunk against ITS",
	      parity_judge_thunk(&second, &untrained, at(thunk)) == PARITY_ON_PURPOSE &&
	      parity_judge_thunk(&first, &untrained, at(thunk)) == PARITY_LACKING &&
	      parity_judge_thunk(&second, &untrained, 0) == PARITY_LACKING);
}

static void registers(void)
{
	static const struct msr_rule alike = { "alike", 0, 1, MSR_ALIKE, false };
	static const struct msr_rule clear = { "clear", 0, 8, MSR_CLEAR, false };
	static const struct msr_rule in_guest = { "in guest", 0, 16, MSR_SET_IN_GUEST, true };
	static const uint64_t same[] = { 3, 5, 1 }, other[] = { 3, 4, 1 }, set[] = { 0, 0, 8 };
	static const uint64_t reduced[] = { 16, 17 }, half[] = { 16, 1 };

	check("other bits make no difference", msr_judge(&alike, same, 3, false) == -1);
	check("an MSR that differs is found", msr_judge(&alike, other, 3, false) == 1);
	check("a bit that has to be clear is found", msr_judge(&clear, set, 3, false) == 2 &&
	      msr_judge(&clear, same, 3, false) == -1);
	check("a bit that guests need is found where it is clear",
	      msr_judge(&in_guest, reduced, 2, true) == -1 &&
	      msr_judge(&in_guest, half, 2, true) == 1 &&
	      msr_judge(&in_guest, same, 3, true) == 0 &&
	      msr_judge(&in_guest, same, 3, false) == -1);
	check("an MSR that no CPU has is right", msr_judge(&clear, NULL, 0, false) == -1);
}

int main(void)
{
	printf("TAP version 13\n1..35\n");
	entries();
	exits();
	judgements();
	registers();
	return failed || number != 35;
}
