// SPDX-License-Identifier: MIT
/*
 * A pricing loop in a context: American puts on a binomial tree (Cox, Ross and
 * Rubinstein), one for each strike.  It computes without a system call, so that
 * only interrupts end its stays in guest mode; with --tickless the scheduler
 * tick is not among them.
 *
 * cc -O2 pricing.c $(pkg-config --cflags --libs libvcontext) -lm -o pricing
 */
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vctx.h>

#define MAX_STEPS	10000
#define SPOT		100.0
#define RATE		0.03	/* a year */
#define VOLATILITY	0.25
#define YEARS		0.5

struct book {
	int steps;
	int strikes;
	int ran_in_context;
	double *price;		/* [strikes] */
	double *value;		/* [steps + 1], one level of the tree */
	struct vctx_stats stats;
};

/* The price of the asset at the bottom of a level; each node above is up^2. */
static double american_put(double *value, int steps, double strike)
{
	double dt = YEARS / steps;
	double up = exp(VOLATILITY * sqrt(dt));
	double discount = exp(-RATE * dt);
	double likely = (exp(RATE * dt) - 1 / up) / (up - 1 / up);
	double rise = discount * likely;
	double fall = discount * (1 - likely);
	double bottom = SPOT * pow(up, -steps);

	for (int level = steps; level >= 0; level--) {
		double asset = bottom;

		for (int node = 0; node <= level; node++) {
			double now = strike - asset;

			if (level == steps)
				value[node] = fmax(now, 0);
			else	/* exercise now or wait, whichever is worth more */
				value[node] = fmax(now, rise * value[node + 1] +
						   fall * value[node]);
			asset *= up * up;
		}
		bottom *= up;
	}
	return value[0];
}

static double strike_of(const struct book *book, int i)
{
	return SPOT * (0.8 + 0.4 * i / book->strikes);
}

/* Runs in the context.  The statistics end with the context, so take them here. */
static long price(void *arg)
{
	struct book *book = arg;

	for (int i = 0; i < book->strikes; i++)
		book->price[i] = american_put(book->value, book->steps,
					      strike_of(book, i));
	return vctx_stats(&book->stats, sizeof(book->stats));
}

static void print_stats(const struct vctx_stats *stats)
{
	fprintf(stderr, "in a context: %" PRIu64 " entries, %.3f ms in guest mode\n",
		(uint64_t)stats->entries, stats->guest_ns / 1e6);
	for (unsigned int i = 0; vctx_exit_name(i); i++)
		if (stats->exits[i])
			fprintf(stderr, "%" PRIu64 " exits: %s\n",
				(uint64_t)stats->exits[i], vctx_exit_name(i));
	fprintf(stderr, "%" PRIu64 " ticks held, longest stay meanwhile %.3f ms\n",
		(uint64_t)stats->ticks_held, stats->longest_ns / 1e6);
}

static void print_why_native(const struct vctx_attr *attr)
{
	const char *reason;

	if (vctx_why(NULL, &reason))
		fprintf(stderr, "natively: %s\n", reason);
	else if (attr->flags & VCTX_TICKLESS &&
		 vctx_tick_available(attr->tick_bound_ns, &reason))
		fprintf(stderr, "the tick was not held: %s\n", reason);
}

static const char help[] =
"Usage: pricing [OPTION]...\n"
"Price American puts on a binomial tree, in a context.\n"
"\n"
"  -n, --native      run natively instead\n"
"  -t, --tickless    hold the scheduler tick meanwhile; needs CAP_SYS_NICE\n"
"  -s, --steps N     steps of the tree (default: 1000)\n"
"  -k, --strikes N   number of strikes (default: 20)\n"
"  -h, --help        print this and exit\n"
"\n"
"Prices go to standard output; what the context did goes to standard error.\n";

static const struct option options[] = {
	{ "native",	no_argument,		NULL, 'n' },
	{ "tickless",	no_argument,		NULL, 't' },
	{ "steps",	required_argument,	NULL, 's' },
	{ "strikes",	required_argument,	NULL, 'k' },
	{ "help",	no_argument,		NULL, 'h' },
	{ }
};

static int number(const char *word, int most)
{
	char *end;
	long value = strtol(word, &end, 10);

	if (end == word || *end || value < 1 || value > most) {
		fprintf(stderr, "pricing: %s is not a number from 1 to %d\n",
			word, most);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	struct book book = { .steps = 1000, .strikes = 20 };
	struct vctx_attr attr = VCTX_ATTR_INIT;
	long error = 0;
	int native = 0;
	int option;

	while ((option = getopt_long(argc, argv, "nts:k:h", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			native = 1;
			break;
		case 't':
			attr.flags |= VCTX_TICKLESS;
			break;
		case 's':
			book.steps = number(optarg, MAX_STEPS);
			break;
		case 'k':
			book.strikes = number(optarg, 1000000);
			break;
		case 'h':
			return fputs(help, stdout) < 0;
		default:
			fputs("See pricing --help.\n", stderr);
			return 2;
		}
	}

	book.price = calloc(book.strikes, sizeof(*book.price));
	book.value = calloc(book.steps + 1, sizeof(*book.value));
	if (!book.price || !book.value) {
		perror("pricing: cannot allocate the tree");
		return 1;
	}

	if (native)
		price(&book);
	else
		book.ran_in_context = vctx_run_attr(&attr, price, &book, &error);
	if (book.ran_in_context < 0 || (book.ran_in_context && error)) {
		fprintf(stderr, "pricing: cannot run in a context: %s\n",
			vctx_strerror(error ? error : book.ran_in_context));
		return 1;
	}

	for (int i = 0; i < book.strikes; i++)
		printf("strike %8.3f  put %12.9f\n", strike_of(&book, i),
		       book.price[i]);
	if (!native)
		print_why_native(&attr);
	if (book.ran_in_context)
		print_stats(&book.stats);
	free(book.value);
	free(book.price);
	return 0;
}
