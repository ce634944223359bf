/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What machine code does against speculation, found by walking all ways through it.
 */
#ifndef CODE_WALK_H
#define CODE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is counted on a way. */
enum measure {
	MEASURE_VERW,		/* VERW of memory, which clears the CPU's buffers */
	MEASURE_SPEC_CTRL,	/* writes of IA32_SPEC_CTRL */
	MEASURE_L1D_FLUSH,	/* writes of IA32_FLUSH_CMD */
	MEASURE_IBPB,		/* writes of IA32_PRED_CMD */
	MEASURE_RETURNS,	/* slots of the return stack filled since the last IBPB, up to an LFENCE */
	MEASURE_BRANCHES,	/* jumps in loops that clear the branch history, up to an LFENCE */
	MEASURE_UNTRAIN,	/* calls that untrain the return predictor */
	MEASURES
};

/* Where a walk ends; a way that ends elsewhere is not looked at. */
enum walk_end {
	WALK_ENTRY,		/* VMLAUNCH, VMRESUME or VMRUN */
	WALK_RETURN,		/* RET, or a jump out of the code, which is to a return thunk */
	WALK_CALL,		/* a call of what is no struct routine */
	WALK_SYSRET,
};

/*
 * A function that may be called, or the code itself.
 *
 * @address:	where it is in the kernel, or 0 if this kernel has none
 * @is:		what a call of it counts as; MEASURES: the walk goes through it
 * @bytes:	@size bytes of it, if the walk goes through it
 */
struct routine {
	const char *name;
	uint64_t address;
	enum measure is;
	const uint8_t *bytes;
	size_t size;
};

/*
 * What was found on the ways.
 *
 * @least, @most:	how much of each measure is on the way that has least of
 *			it, and on the one that has most
 * @ways:		how many ways end as was asked; 0: none is understood
 * @next:		the address after the last instruction
 * @thunk:		with WALK_RETURN: the return thunk of the ways, or 0 for a RET
 * @half:		whether a RET is in the second half of its cache line
 */
struct walk {
	unsigned int least[MEASURES], most[MEASURES];
	unsigned int ways;
	uint64_t next, thunk;
	bool half;
};

/*
 * Walk through @code from the address @from.  @routines ends with one without a name.
 * Returns false if there is no way to the end, or more than can be walked.
 */
bool code_walk(const struct routine *code, uint64_t from, enum walk_end end,
	       const struct routine *routines, struct walk *walk);

#endif /* CODE_WALK_H */
