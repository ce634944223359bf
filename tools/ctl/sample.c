// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts, and what they did since the sample before.
 */
#include <stdlib.h>
#include <time.h>

#include "common/alloc.h"
#include "sample.h"

static uint64_t sum(const uint64_t *counters, size_t count)
{
	uint64_t total = 0;

	while (count--)
		total += counters[count];
	return total;
}

static double per_second(uint64_t before, uint64_t now, uint64_t ns)
{
	/* Time is read apart from the counters: it may seem to go back. */
	return now > before && ns ? (now - before) * 1e9 / ns : 0;
}

static struct activity compare(const struct nl_context *before,
			       const struct nl_context *now, uint64_t ns)
{
	double guest = per_second(before->guest_ns, now->guest_ns, ns) / 1e9;

	return (struct activity) {
		.context = *now,
		.guest = guest < 1 ? guest : 1,
		.exits = per_second(sum(before->exits, VCTX_MAX_EXITS),
				    sum(now->exits, VCTX_MAX_EXITS), ns),
		.native = per_second(sum(before->native, VCTX_MAX_NATIVE),
				     sum(now->native, VCTX_MAX_NATIVE), ns),
		.passed_by = per_second(before->native[VCTX_NATIVE_ADAPTIVE],
					now->native[VCTX_NATIVE_ADAPTIVE], ns),
		.ticks_held = per_second(before->ticks_held, now->ticks_held, ns),
		.rings = per_second(before->bell[VCTX_BELL_COUNT_RUNG],
				    now->bell[VCTX_BELL_COUNT_RUNG], ns),
	};
}

struct activity sample_context(const struct nl_context *context)
{
	static const struct nl_context none;

	return compare(&none, context, context->age_ns);
}

/* Both are in the order of their IDs, which are never used again. */
static void add_activities(struct sample *sample, const struct sample *before,
			   const struct nl_context *contexts)
{
	uint64_t ns = sample->time_ns - before->time_ns;
	const struct nl_context *old;
	size_t i, next = 0;

	for (i = 0; i < sample->count; i++) {
		while (next < before->count &&
		       before->activities[next].context.id < contexts[i].id)
			next++;
		old = &before->activities[next].context;
		sample->activities[i] =
			next < before->count && old->id == contexts[i].id ?
			compare(old, &contexts[i], ns) :
			sample_context(&contexts[i]);
	}
}

int sample_take(struct sample *sample, const struct sample *before,
		const struct nl_context *filter)
{
	static const struct sample none;
	struct nl_context *contexts;
	struct timespec now;
	int err = nl_contexts(filter, &contexts, &sample->count);

	if (err)
		return err;
	clock_gettime(CLOCK_MONOTONIC, &now);
	sample->time_ns = now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
	sample->activities = must(calloc(sample->count + 1,
					 sizeof(*sample->activities)));
	add_activities(sample, before ? before : &none, contexts);
	free(contexts);
	return 0;
}

void sample_free(struct sample *sample)
{
	free(sample->activities);
	*sample = (struct sample) { };
}
