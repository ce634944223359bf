// SPDX-License-Identifier: GPL-2.0-only
/*
 * What contexts did between two samples of them.
 */
#include <stdlib.h>
#include <time.h>

#include "common/alloc.h"
#include "sample.h"

int sample_take(struct sample *sample, const struct nl_context *filter)
{
	struct timespec now;
	int err = nl_contexts(filter, &sample->contexts, &sample->count);

	clock_gettime(CLOCK_MONOTONIC, &now);
	sample->time_ns = now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
	return err;
}

void sample_free(struct sample *sample)
{
	free(sample->contexts);
	*sample = (struct sample) { };
}

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

static void rate(struct rates *rates, const struct nl_context *before,
		 const struct nl_context *now, uint64_t ns)
{
	double guest = per_second(before->guest_ns, now->guest_ns, ns) / 1e9;

	*rates = (struct rates) {
		.context = now,
		.guest = guest < 1 ? guest : 1,
		.exits = per_second(sum(before->exits, VCTX_MAX_EXITS),
				    sum(now->exits, VCTX_MAX_EXITS), ns),
		.native = per_second(sum(before->native, VCTX_MAX_NATIVE),
				     sum(now->native, VCTX_MAX_NATIVE), ns),
		.ticks_held = per_second(before->ticks_held, now->ticks_held, ns),
	};
}

struct rates *sample_rates(const struct sample *before, const struct sample *now)
{
	static const struct nl_context none;
	struct rates *rates = must(calloc(now->count + 1, sizeof(*rates)));
	uint64_t ns = now->time_ns - before->time_ns;
	size_t i, old = 0;

	for (i = 0; i < now->count; i++) {
		const struct nl_context *context = &now->contexts[i];

		while (old < before->count &&
		       before->contexts[old].id < context->id)
			old++;
		if (old < before->count && before->contexts[old].id == context->id)
			rate(&rates[i], &before->contexts[old], context, ns);
		else
			rate(&rates[i], &none, context, context->age_ns);
	}
	return rates;
}
