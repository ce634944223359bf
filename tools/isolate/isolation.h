/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which CPUs are isolated, and how everything was before: what has to be known to
 * put it back, kept in a file.
 */
#ifndef ISOLATION_H
#define ISOLATION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cpulist.h"
#include "movable.h"

#define ISOLATION_FOLDER	"/run/vcontext/isolate"

/*
 * @movable:	how it was; kept here until it is gone
 * @tried:	moved, or tried to be, by this command
 * @found:	in which pass of this command it was last there, from 1
 */
struct isolation_record {
	struct movable movable;
	bool tried;
	int found;
};

/*
 * Where a thing is now follows from how it was and from which CPUs are isolated.
 * So one record serves for CPUs that are isolated and released in any order; and
 * if a command is killed, things are as with the set of CPUs before or as with
 * the one that was meant to be.
 *
 * @cpus:	that are isolated, or were to be, and not yet released
 * @sets:	which may be in force; one, unless a command was killed
 * @records:	of all things that there were when a CPU was isolated, whether they
 *		were moved or not: what is not among them is new
 */
struct isolation {
	struct cpulist cpus;
	struct cpulist *sets;
	size_t nr_sets;
	struct isolation_record **records;
	size_t nr_records;
	void *tree;
	int lock;
};

/*
 * Read the state; without one, nothing is isolated.  With @change, nobody else
 * changes it until this process ends.  Says what is wrong and returns false.
 */
bool isolation_load(struct isolation *state, bool change);

/* Write it, whole or not at all; with no CPU isolated, remove it. */
bool isolation_save(const struct isolation *state);

struct isolation_record *isolation_find(const struct isolation *state,
					const struct movable_kind *kind,
					const char *id);

/* Add what was found, as it was before anything was isolated: on @cpus. */
struct isolation_record *isolation_add(struct isolation *state,
				       const struct movable *found,
				       const char *cpus);

#endif /* ISOLATION_H */
