/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What contexts did between two samples of them.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "nl.h"

struct sample {
	struct nl_context *contexts;	/* in the order of their IDs */
	size_t count;
	uint64_t time_ns;		/* CLOCK_MONOTONIC */
};

/* Per second, but @guest, which is the part of the time in guest mode. */
struct rates {
	const struct nl_context *context;
	double guest;
	double exits, native, ticks_held;
};

/* 0, or -errno with nl_error() */
int sample_take(struct sample *sample, const struct nl_context *filter);
void sample_free(struct sample *sample);

/*
 * The rates of all in @now, to be freed: since @before, or since the context was
 * entered if it was not there then.
 */
struct rates *sample_rates(const struct sample *before, const struct sample *now);

#endif /* SAMPLE_H */
