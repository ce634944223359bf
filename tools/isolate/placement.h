/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where things belong while CPUs are isolated.
 */
#ifndef PLACEMENT_H
#define PLACEMENT_H

#include "isolation.h"

struct placement {
	struct isolation state;
	struct cpulist online;
};

/* A list of CPUs from the kernel or from the state; empty if it is not one. */
struct cpulist placement_parse(const char *list);

/* Where a thing that was on @was belongs while @isolated are. */
struct cpulist placement_of(const struct placement *placement,
			    const struct movable *movable,
			    const struct cpulist *was,
			    const struct cpulist *isolated);

/*
 * Whether @a and @b are the same CPUs that are online: those that are offline come
 * and go in masks without our doing.
 */
bool placement_equal(const struct placement *placement,
		     const struct cpulist *a, const struct cpulist *b);

/* Whether we may have moved a thing that was on @was to @now. */
bool placement_is_ours(const struct placement *placement,
		       const struct movable *movable,
		       const struct cpulist *was, const struct cpulist *now);

/*
 * Add a record of a thing that has appeared since the first CPU was isolated.  If
 * it got its mask from a thing that was moved, both belong to the same place.
 */
struct isolation_record *placement_add(struct placement *placement,
				       const struct movable *found);

#endif /* PLACEMENT_H */
