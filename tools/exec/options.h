/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the command line of vctx-exec asks for, and what it says in the end.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* As env(1) and timeout(1) have it. */
enum {
	EXIT_OURS = 125,	/* vctx-exec itself failed */
	EXIT_CANNOT_RUN = 126,	/* the command was found but cannot be run */
	EXIT_NOT_FOUND = 127,
};

struct options {
	bool strict;
	bool inherit;
	bool nested;
	bool eager;
	bool tickless;
	uint64_t tick_bound_ns;
	bool verbose;
	bool stats;
	const char *stats_path;	/* NULL: standard error */
	const char *cpus;	/* NULL: as they are */
	char **command;
};

/* Whether to wait for the command, and report when it has ended. */
static inline bool options_report(const struct options *opt)
{
	return opt->stats || opt->verbose;
}

#endif /* OPTIONS_H */
