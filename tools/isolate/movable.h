/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be moved off a CPU: anything with a mask of CPUs that user space may
 * change, and with it back.
 */
#ifndef MOVABLE_H
#define MOVABLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/cpulist.h"

struct movable;

typedef void movable_visit(const struct movable *found, void *context);

/*
 * @name:	in JSON, in the state, and in words
 * @scan:	call @visit with each that there is
 * @set:	let it run on @cpus only; 0 or -errno, where -ENOENT and -ESRCH say
 *		that it is gone
 * @refused:	what it means if the kernel refuses with EIO or EINVAL
 * @heir_of:	the kind whose only one a new one of this gets its mask from
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
 * @id:		never that of another of its kind while the machine runs
 * @name:	for people
 * @cpus:	where it may be, as a list; in the state: where it was allowed to
 *		be before anything was isolated
 * @effective:	where it really is, for interrupts, else NULL
 * @fixed:	why it cannot be moved, NULL if that is not known yet
 * @idle:	nothing uses it: if it cannot be moved, that is not worth a word
 * @keeps:	left where it is rather than moved to CPUs that it had not: who has
 *		bound it there meant it
 * @unbound:	a thread that may run wherever its cpuset allows
 * @process:	of a thread
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

/* All kinds, in the order in which they are moved; NULL ends them. */
extern const struct movable_kind *const movable_kinds[];

/* Threads have a family, by which others are put right. */
extern const struct movable_kind movable_thread;

/* Parent and start of a process; false if it is gone. */
bool movable_process(pid_t process, pid_t *parent, unsigned long long *start);

#endif /* MOVABLE_H */
