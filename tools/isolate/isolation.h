/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which CPUs are isolated, and how everything was before.  A file keeps this, so
 * that everything can be put back.
 */
#ifndef ISOLATION_H
#define ISOLATION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cpulist.h"
#include "movable.h"

#define ISOLATION_FOLDER	"/run/vcontext/isolate"

/*
 * @movable:	how the thing was before
 * @tried:	this command has moved it, or has tried to
 * @found:	the last pass of this command that found it, from 1
 */
struct isolation_record {
	struct movable movable;
	bool tried;
	int found;
};

/*
 * How a thing was before and which CPUs are isolated determine where it is now.  So
 * one record serves for CPUs that are isolated and released in any order.  If a
 * command is killed, each thing is where the set of CPUs before or the set after the
 * command puts it.
 *
 * @cpus:	the CPUs that are isolated, or were about to be
 * @sets:	the sets of CPUs that may be in force: one, unless a command was
 *		killed
 * @records:	of all things that there were when a CPU was isolated, whether they
 *		were moved or not; a thing without a record is new
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
 * Read the state; without a file, nothing is isolated.  With @change, lock it until
 * this process ends.  Returns false after an error has been reported.
 */
bool isolation_load(struct isolation *state, bool change);

/* Write the state completely or not at all; without an isolated CPU, remove it. */
bool isolation_save(const struct isolation *state);

struct isolation_record *isolation_find(const struct isolation *state,
					const struct movable_kind *kind,
					const char *id);

/* Add a thing that was found, and that was on @cpus before. */
struct isolation_record *isolation_add(struct isolation *state,
				       const struct movable *found,
				       const char *cpus);

#endif /* ISOLATION_H */
