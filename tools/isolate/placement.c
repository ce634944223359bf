// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where things belong while CPUs are isolated.
 */
#include <stdlib.h>

#include "common/alloc.h"
#include "cpu.h"
#include "placement.h"

struct cpulist placement_parse(const char *list)
{
	struct cpulist cpus;

	if (!cpulist_parse(&cpus, list))
		cpus = (struct cpulist){ };
	return cpus;
}

/* The CPUs for everything: those online that are isolated neither now nor at boot. */
static struct cpulist housekeeping(const struct placement *placement,
				   const struct cpulist *isolated)
{
	struct cpulist apart = cpu_isolated_at_boot();

	apart = cpulist_or(&apart, isolated);
	return cpulist_minus(&placement->online, &apart);
}

struct cpulist placement_of(const struct placement *placement,
			    const struct movable *movable,
			    const struct cpulist *was,
			    const struct cpulist *isolated)
{
	struct cpulist rest = cpulist_minus(was, isolated);

	if (cpulist_equal(&rest, was) ||
	    cpulist_intersects(&rest, &placement->online))
		return rest;
	return movable->keeps ? *was : housekeeping(placement, isolated);
}

bool placement_equal(const struct placement *placement,
		     const struct cpulist *a, const struct cpulist *b)
{
	struct cpulist one = cpulist_and(a, &placement->online);
	struct cpulist other = cpulist_and(b, &placement->online);

	return cpulist_equal(&one, &other);
}

bool placement_is_ours(const struct placement *placement,
		       const struct movable *movable,
		       const struct cpulist *was, const struct cpulist *now)
{
	struct cpulist could;
	size_t i;

	/* It may be on its way home: see set_interrupt(). */
	if (placement->state.nr_sets > 1 && movable->effective) {
		could = placement_parse(movable->effective);
		if (placement_equal(placement, &could, now))
			return true;
	}
	for (i = 0; i < placement->state.nr_sets; i++) {
		could = placement_of(placement, movable, was,
				     &placement->state.sets[i]);
		if (placement_equal(placement, &could, now))
			return true;
	}
	return false;
}

/* ---- what is new ---- */

/* The record of a thread of this process that was moved to @now. */
static struct isolation_record *relative(const struct placement *placement,
					 pid_t process,
					 const struct cpulist *now)
{
	struct isolation_record *record;
	struct cpulist was;
	size_t i;

	for (i = 0; i < placement->state.nr_records; i++) {
		record = placement->state.records[i];
		if (record->movable.kind != &movable_thread ||
		    record->movable.process != process)
			continue;
		was = placement_parse(record->movable.cpus);
		if (placement_is_ours(placement, &record->movable, &was, now))
			return record;
	}
	return NULL;
}

/*
 * A thread inherits its mask from the thread that created it, which is of its own
 * process or of the parent.  The nearest ancestor that has a record decides.
 */
static struct isolation_record *ancestor(const struct placement *placement,
					 pid_t process,
					 const struct cpulist *now)
{
	unsigned long long start;
	pid_t parent;
	bool known;
	char *id;

	for (; process > 0; process = parent) {
		if (!movable_process(process, &parent, &start))
			return NULL;
		id = xasprintf("%d:%llu", process, start);
		known = isolation_find(&placement->state, &movable_thread, id);
		free(id);
		if (known)
			return relative(placement, process, now);
	}
	return NULL;
}

/* The record of the default that a new interrupt or queue got its mask from. */
static struct isolation_record *pattern(const struct placement *placement,
					const struct movable_kind *kind,
					const struct cpulist *now)
{
	struct isolation_record *record;
	struct cpulist was;
	size_t i;

	for (i = 0; kind && i < placement->state.nr_records; i++) {
		record = placement->state.records[i];
		was = placement_parse(record->movable.cpus);
		if (record->movable.kind == kind &&
		    placement_is_ours(placement, &record->movable, &was, now))
			return record;
	}
	return NULL;
}

struct isolation_record *placement_add(struct placement *placement,
				       const struct movable *found)
{
	struct cpulist now = placement_parse(found->cpus);
	struct isolation_record *record, *from;

	from = found->kind == &movable_thread ?
	       ancestor(placement, found->process, &now) :
	       pattern(placement, found->kind->heir_of, &now);
	record = isolation_add(&placement->state, found,
			       from ? from->movable.cpus : found->cpus);
	if (from)
		record->movable.unbound = from->movable.unbound;
	return record;
}
