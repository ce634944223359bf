/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What isolate and release have done, for people and for programs.
 */
#ifndef REPORT_H
#define REPORT_H

#include <json-c/json.h>

#include "movable.h"

/*
 * @release:	by release, not by isolate
 * @verbose:	print each thing that was moved
 * @incomplete:	not everything could be put back
 * @cpus:	the CPUs that the command was given
 * @isolated:	those that are isolated after it
 */
struct report {
	bool release;
	bool dry_run;
	bool verbose;
	bool incomplete;
	struct cpulist cpus;
	struct cpulist isolated;
	struct json_object *moved;
	struct json_object *left;
	struct json_object *hints;
};

void report_init(struct report *report);

/* Note that a thing was moved, or why it was left where it is. */
void report_moved(struct report *report, const struct movable *movable,
		  const struct cpulist *from, const struct cpulist *to);
void report_left(struct report *report, const struct movable *movable,
		 const char *why);

/* Note what the user may want to do. */
void report_hint(struct report *report, const char *text);

void report_print(const struct report *report);

#endif /* REPORT_H */
