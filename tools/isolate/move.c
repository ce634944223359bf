// SPDX-License-Identifier: GPL-2.0-only
/*
 * Move everything that can be moved to where it belongs.
 *
 * New things appear meanwhile: threads that have not been moved yet fork, drivers
 * request interrupts.  So everything is looked through until nothing is left to
 * move.  The state is written before anything is done that it describes: if the
 * command is killed, release undoes all that it has done.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "cpu.h"
#include "move.h"

/* After so many passes, the user is told that something forks faster than we look. */
#define MOST_PASSES	20

/* If somebody else has moved a thing since, it belongs there from now on. */
static bool taken_over(struct operation *op, struct isolation_record *record,
		       const struct movable *found)
{
	struct cpulist was = placement_parse(record->movable.cpus);
	struct cpulist now = placement_parse(found->cpus);

	if (placement_equal(&op->where, &was, &now) ||
	    placement_is_ours(&op->where, &record->movable, &was, &now))
		return false;
	if (op->report.release && cpulist_intersects(&was, &op->report.cpus))
		report_left(&op->report, &record->movable,
			    "somebody else has moved it meanwhile");
	free(record->movable.cpus);
	record->movable.cpus = xstrdup(found->cpus);
	record->movable.unbound = found->unbound;
	return true;
}

/* A thing that cannot be moved is reported if it may be on these CPUs only. */
static void consider_fixed(struct operation *op, const struct movable *found)
{
	struct cpulist now = placement_parse(found->effective ?
					     found->effective : found->cpus);

	if (!op->report.release && !op->pass && !found->idle &&
	    cpulist_within(&now, &op->report.cpus))
		report_left(&op->report, found, found->fixed);
}

static void consider(const struct movable *found, void *context)
{
	struct cpulist was, to, now = placement_parse(found->cpus);
	struct operation *op = context;
	struct isolation_record *record;

	if (found->fixed) {
		consider_fixed(op, found);
		return;
	}
	if (found->kind == &movable_thread && strstr(found->name, " irqbalance"))
		op->irqbalance = true;
	record = isolation_find(&op->where.state, found->kind, found->id);
	/* An interrupt that nobody uses gets the default when somebody does. */
	if (!record && found->idle)
		return;
	if (!record)
		record = placement_add(&op->where, found);
	record->found = op->pass + 1;
	record->movable.idle = found->idle;
	if (record->tried ||
	    (taken_over(op, record, found) && op->report.release))
		return;

	was = placement_parse(record->movable.cpus);
	to = placement_of(&op->where, &record->movable, &was, &op->target);
	if (!cpulist_equal(&now, &to)) {
		op->pending = xgrow(op->pending, op->nr_pending + 1,
				    sizeof(*op->pending));
		op->from = xgrow(op->from, op->nr_pending + 1,
				 sizeof(*op->from));
		op->from[op->nr_pending] = now;
		op->pending[op->nr_pending++] = record;
	} else if (!op->report.release && cpulist_intersects(&now, &op->report.cpus)) {
		report_left(&op->report, found,
				    "somebody has bound it to isolated CPUs only");
	} else {
		return;
	}
	record->tried = true;
}

static void move(struct operation *op, struct isolation_record *record,
		 const struct cpulist *from)
{
	const struct movable *movable = &record->movable;
	struct cpulist was = placement_parse(movable->cpus), where;
	struct cpulist to = placement_of(&op->where, movable, &was,
					 &op->target);
	int error = op->report.dry_run ? 0 : movable->kind->set(movable, &to);
	const char *why;

	if (!error) {
		report_moved(&op->report, movable, from, &to);
		return;
	}
	if (error == -ENOENT || error == -ESRCH)
		return;		/* gone */

	why = (error == -EIO || error == -EINVAL) && movable->kind->refused ?
	      movable->kind->refused : strerror(-error);
	if (op->report.release) {
		op->nr_failed++;
	} else {
		where = placement_parse(movable->effective ?
					movable->effective : movable->cpus);
		if (movable->idle || !cpulist_intersects(&where, &op->report.cpus))
			return;
	}
	report_left(&op->report, movable, why);
}

/*
 * Look through everything, and move what has to be.  Returns whether there may be
 * more to do, or -1 if the state cannot be written.
 */
static int pass(struct operation *op)
{
	const struct movable_kind *const *kind;
	struct isolation *state = &op->where.state;
	size_t i, records;

	op->nr_pending = 0;
	records = state->nr_records;
	for (kind = movable_kinds; *kind; kind++)
		(*kind)->scan(*kind, consider, op);

	if (!op->pass) {
		/* Not before the scan: nothing that it found was moved there by us. */
		state->sets = xgrow(state->sets, state->nr_sets + 1,
				    sizeof(*state->sets));
		state->sets[state->nr_sets++] = op->target;
		state->cpus = cpulist_or(&state->cpus, &op->report.cpus);
	}
	if (!op->report.dry_run && (!op->pass || state->nr_records > records) &&
	    !isolation_save(state))
		return -1;
	for (i = 0; i < op->nr_pending; i++)
		move(op, op->pending[i], &op->from[i]);
	return op->nr_pending > 0;
}

/* Records of what is gone are not needed any longer. */
static void forget_gone(struct operation *op)
{
	struct isolation *state = &op->where.state;
	size_t i, kept = 0;

	for (i = 0; i < state->nr_records; i++)
		if (state->records[i]->found == op->pass)
			state->records[kept++] = state->records[i];
	state->nr_records = kept;
}

bool move_all(struct operation *op)
{
	struct isolation *state = &op->where.state;
	int more;

	op->where.online = cpu_online();
	do {
		more = pass(op);
		op->pass++;
	} while (more > 0 && !op->report.dry_run && op->pass < MOST_PASSES);
	if (more < 0)
		return false;
	if (more && !op->report.dry_run)
		report_hint(&op->report,
			    "threads are forked faster than they can be moved; run it again");
	op->report.incomplete = op->nr_failed && !op->force;
	if (op->report.dry_run || op->report.incomplete)
		return true;

	forget_gone(op);
	state->sets[0] = op->target;
	state->nr_sets = 1;
	state->cpus = op->target;
	return isolation_save(state);
}
