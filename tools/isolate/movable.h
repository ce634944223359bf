/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Things that can be moved off a CPU, and back: anything with a mask of CPUs that
 * user space may change.
 */
#ifndef MOVABLE_H
#define MOVABLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/cpulist.h"

struct movable;

typedef void movable_visit(const struct movable *found, void *context);

/*
 * @name:	in JSON, in the state, and in tables
 * @scan:	call @visit with each thing of the kind
 * @set:	let a thing run on @cpus only; 0 or -errno, where -ENOENT and -ESRCH
 *		mean that it is gone
 * @refused:	what it means that the kernel refuses with EIO or EINVAL
 * @heir_of:	the kind with a single thing, from which a new one of this kind
 *		gets its mask
 */
struct movable_kind {
	const char *name;
	void (*scan)(const struct movable_kind *kind, movable_visit *visit,
		     void *context);
	int (*set)(const struct movable *movable, const struct cpulist *cpus);
	const char *refused;
	const struct movable_kind *heir_of;
};

/*
 * @id:		no other thing of its kind has this until the machine reboots
 * @name:	for people
 * @cpus:	the list of CPUs where it may be; in the state, the list from before
 *		anything was isolated
 * @effective:	the CPUs where an interrupt really arrives, else NULL
 * @fixed:	why it cannot be moved, or NULL if it may be possible
 * @idle:	nothing uses it: it is not worth a word if it cannot be moved
 * @keeps:	it is left where it is rather than moved to CPUs that it did not
 *		have, since whoever bound it there meant it
 * @unbound:	it is a thread that may run wherever its cpuset allows
 * @process:	the process of a thread
 */
struct movable {
	const struct movable_kind *kind;
	char *id;
	char *name;
	char *cpus;
	char *effective;
	const char *fixed;
	bool idle;
	bool keeps;
	bool unbound;
	pid_t process;
};

/* All kinds, in the order in which they are moved; the last one is NULL. */
extern const struct movable_kind *const movable_kinds[];

/* Threads have parents, from which new ones inherit. */
extern const struct movable_kind movable_thread;

/* The parent and the start time of a process; false if it is gone. */
bool movable_process(pid_t process, pid_t *parent, unsigned long long *start);

#endif /* MOVABLE_H */
