/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Contexts, and what they did since the sample before.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "nl.h"

/*
 * Rates are since the sample before, or since the context was entered if it was
 * not there then.
 *
 * @context:	the context as it is now
 * @guest:	the part of the time in guest mode, from 0 to 1
 * @exits, @native, @passed_by, @ticks_held, @rings: per second; @passed_by counts the times that an
 *		adaptive context began to run natively until a tick finds it computing
 */
struct activity {
	struct nl_context context;
	double guest;
	double exits, native, passed_by, ticks_held, rings;
};

struct sample {
	struct activity *activities;	/* in the order of the contexts' IDs */
	size_t count;
	uint64_t time_ns;		/* CLOCK_MONOTONIC */
};

/* @before may be NULL.  Returns 0, or -errno with nl_error(). */
int sample_take(struct sample *sample, const struct sample *before,
		const struct nl_context *filter);
void sample_free(struct sample *sample);

/* One context, as if there were no sample before. */
struct activity sample_context(const struct nl_context *context);

#endif /* SAMPLE_H */
