/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options that select contexts.
 */
#ifndef FILTER_H
#define FILTER_H

#include <getopt.h>

#include "nl.h"

#define FILTER_SHORTS	"p:t:u:c:"

#define FILTER_HELP \
	"Filters, which select the contexts:\n" \
	"  -p, --pid PID          of this process\n" \
	"      --tree PID         of this process and its descendants\n" \
	"  -t, --tid TID          of this thread\n" \
	"  -u, --user USER        of this user, by name or number; --uid is the same\n" \
	"  -c, --cpu CPU          whose thread runs or ran last on this CPU\n" \
	"      --comm NAME        of threads with this name\n" \
	"      --state STATE      in this state: guest, native, ready, sleeping, stopped,\n" \
	"                         leaving"

/* The option characters of options without a letter. */
enum {
	FILTER_TREE = 512,
	FILTER_COMM,
	FILTER_STATE,
};

/* For an array for getopt_long(). */
#define FILTER_LONGS \
	{ "pid",	required_argument,	NULL, 'p' }, \
	{ "tree",	required_argument,	NULL, FILTER_TREE }, \
	{ "tid",	required_argument,	NULL, 't' }, \
	{ "user",	required_argument,	NULL, 'u' }, \
	{ "uid",	required_argument,	NULL, 'u' }, \
	{ "cpu",	required_argument,	NULL, 'c' }, \
	{ "comm",	required_argument,	NULL, FILTER_COMM }, \
	{ "state",	required_argument,	NULL, FILTER_STATE }

/* False if the error has been reported. */
bool filter_option(struct nl_context *filter, int c, const char *value);

#endif /* FILTER_H */
