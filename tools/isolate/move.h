/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Move everything that can be moved to where it belongs.
 */
#ifndef MOVE_H
#define MOVE_H

#include "placement.h"
#include "report.h"

/*
 * @where:	what is isolated already
 * @report:	what is to be done, and has been
 * @target:	the CPUs that are isolated when this is done
 * @force:	forget what cannot be put back
 * @pass:	how often everything has been looked through
 * @pending:	what this pass moves
 * @from:	where each of @pending is
 * @nr_failed:	what could not be put back
 * @irqbalance:	irqbalance(1) runs
 */
struct operation {
	struct placement where;
	struct report report;
	struct cpulist target;
	bool force;
	int pass;
	struct isolation_record **pending;
	struct cpulist *from;
	size_t nr_pending;
	size_t nr_failed;
	bool irqbalance;
};

/* False if the state could not be written, which has been reported then. */
bool move_all(struct operation *op);

#endif /* MOVE_H */
