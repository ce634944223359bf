/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Options that say which contexts are meant.
 */
#ifndef FILTER_H
#define FILTER_H

#include <getopt.h>

#include "nl.h"

#define FILTER_SHORTS	"p:t:u:c:"

#define FILTER_HELP \
	"  -p, --pid PID          of this process\n" \
	"      --tree PID         of this process and all that descend from it\n" \
	"  -t, --tid TID          of this thread\n" \
	"  -u, --user USER        of this user, by name or number; --uid is the same\n" \
	"  -c, --cpu CPU          on this CPU, or last there\n" \
	"      --comm NAME        of threads with this name\n" \
	"      --state STATE      guest, native, ready, sleeping, stopped, leaving"

extern const struct option filter_options[];

/* False if the error has been reported. */
bool filter_option(struct nl_context *filter, int c, const char *value);

#endif /* FILTER_H */
