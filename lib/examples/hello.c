// SPDX-License-Identifier: MIT
/*
 * A hot loop in a context: where it ran, and what interrupted it.
 *
 * cc hello.c $(pkg-config --cflags --libs libvcontext)
 */
#include <inttypes.h>
#include <stdio.h>
#include <vctx.h>

struct work {
	unsigned long rounds;
	int in_context;
	int stats_error;
	struct vctx_stats stats;
};

static long hot_loop(void *arg)
{
	struct work *work = arg;
	unsigned long sum = 0;
	unsigned long i;

	for (i = 0; i < work->rounds; i++)
		__asm__ volatile("" : "+r" (sum) : "r" (i));

	/* Statistics end with the context, so take them inside. */
	work->in_context = vctx_in_context();
	work->stats_error = vctx_stats(&work->stats, sizeof(work->stats));
	return 42;
}

int main(void)
{
	struct work work = { .rounds = 20000000 };
	const char *reason;
	unsigned int i;

	printf("the loop returned %ld\n", vctx_run(hot_loop, &work));

	if (!work.in_context) {
		vctx_why(NULL, &reason);
		printf("it ran natively: %s\n", reason);
		return 0;
	}
	printf("it ran in a context\n");
	if (work.stats_error) {
		printf("no statistics: %s\n", vctx_strerror(work.stats_error));
		return 1;
	}
	printf("%" PRIu64 " entries, %.3f ms in guest mode\n",
	       (uint64_t)work.stats.entries, work.stats.guest_ns / 1e6);
	for (i = 0; vctx_exit_name(i); i++)
		if (work.stats.exits[i])
			printf("%10" PRIu64 " exits: %s\n",
			       (uint64_t)work.stats.exits[i], vctx_exit_name(i));
	return 0;
}
