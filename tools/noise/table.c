// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measurements as a table.
 */
#include <inttypes.h>
#include <string.h>

#include "noise.h"

#define COLUMN	11

static void print_ns(FILE *out, double ns)
{
	static const struct {
		double ns;
		const char *unit;
	} units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" } };
	char text[32];
	size_t i;

	snprintf(text, sizeof(text), "%.0f ns", ns);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ns < units[i].ns)
			continue;
		snprintf(text, sizeof(text), "%.4g %s", ns / units[i].ns,
			 units[i].unit);
		break;
	}
	fprintf(out, "%*s", COLUMN, text);
}

/* A width that is enough for all labels. */
static int label_width(const struct noise *noises, size_t count)
{
	size_t width = 10;
	size_t i;

	for (i = 0; i < count; i++)
		if (strlen(noises[i].label) > width)
			width = strlen(noises[i].label);
	return width;
}

static void print_row(FILE *out, const struct noise *noise)
{
	fprintf(out, "%*.1f%*.4f %%", COLUMN, noise_per_second(noise),
		COLUMN - 2, noise_lost_percent(noise));
	if (noise->interruptions) {
		print_ns(out, noise->median_ns);
		print_ns(out, noise->p99_ns);
		print_ns(out, noise->p999_ns);
		print_ns(out, noise->max_ns);
	} else {
		fprintf(out, "%*s%*s%*s%*s", COLUMN, "-", COLUMN, "-",
			COLUMN, "-", COLUMN, "-");
	}
	fputc('\n', out);
}

static void print_rows(FILE *out, const struct noise *noises, size_t count)
{
	int width = label_width(noises, count);
	size_t i;

	fprintf(out, "%-*s%*s%*s%*s%*s%*s%*s\n", width, "", COLUMN, "per second",
		COLUMN, "lost", COLUMN, "median", COLUMN, "p99", COLUMN, "p99.9",
		COLUMN, "maximum");
	for (i = 0; i < count; i++) {
		fprintf(out, "%-*s", width, noises[i].label);
		if (noises[i].reason)
			fprintf(out, " not measured: %s\n", noises[i].reason);
		else
			print_row(out, &noises[i]);
	}
}

static bool bucket_used(const struct noise *noises, size_t count,
			unsigned int bucket)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (noises[i].histogram[bucket])
			return true;
	return false;
}

static int histogram_width(const struct noise *noise)
{
	size_t length = strlen(noise->label) + 2;

	return length > 9 ? length : 9;
}

/* A row for each power of two between the shortest and the longest. */
static void print_histogram(FILE *out, const struct noise *noises, size_t count)
{
	unsigned int first = 0, last = NOISE_BUCKETS;
	size_t i;

	while (first < NOISE_BUCKETS && !bucket_used(noises, count, first))
		first++;
	if (first == NOISE_BUCKETS)
		return;
	while (!bucket_used(noises, count, last - 1))
		last--;

	fprintf(out, "\n%*s  ", COLUMN, "from");
	for (i = 0; i < count; i++)
		if (!noises[i].reason)
			fprintf(out, "%*s", histogram_width(&noises[i]),
				noises[i].label);
	fputc('\n', out);
	for (; first < last; first++) {
		print_ns(out, UINT64_C(1) << first);
		fputs("  ", out);
		for (i = 0; i < count; i++)
			if (!noises[i].reason)
				fprintf(out, "%*" PRIu64,
					histogram_width(&noises[i]),
					noises[i].histogram[first]);
		fputc('\n', out);
	}
}

/* The counters of a context. */
static void print_context(FILE *out, const struct noise *noise)
{
	const char *separator = "";
	unsigned int i;

	fprintf(out, "%s: %.3f s in guest mode, %" PRIu64 " ticks held", noise->label,
		noise->stats.guest_ns / 1e9, (uint64_t)noise->stats.ticks_held);
	if (noise->stats.ticks_held) {
		fputs("; meanwhile ", out);
		for (i = 0; vctx_held_name(i); i++) {
			if (!noise->stats.held[i])
				continue;
			fprintf(out, "%s%s %" PRIu64, separator,
				vctx_held_name(i), (uint64_t)noise->stats.held[i]);
			separator = ", ";
		}
		fputs(*separator ? "" : "no interruption", out);
	}
	fputc('\n', out);
}

static void print_conditions(FILE *out, const struct noise *noise)
{
	fprintf(out, "CPU %u, %.4g s", noise->cpu, noise->duration_ns / 1e9);
	if (noise->fifo)
		fprintf(out, ", SCHED_FIFO %u", noise->fifo);
	fprintf(out, ", TSC %.3f MHz, loop %.0f ns, interrupted if above %.0f ns\n",
		noise->tsc_hz / 1e6, noise->loop_ns, noise->threshold_ns);
}

/* Calibrated values differ a little each time. */
static bool similar(double a, double b)
{
	return a < b * 1.1 && b < a * 1.1;
}

static bool same_conditions(const struct noise *a, const struct noise *b)
{
	return a->cpu == b->cpu && a->fifo == b->fifo &&
	       similar(a->tsc_hz, b->tsc_hz) &&
	       similar(a->threshold_ns, b->threshold_ns) &&
	       similar(a->duration_ns, b->duration_ns);
}

/* Print the conditions of the first measurement, and of those that differ. */
static bool print_all_conditions(FILE *out, const struct noise *noises,
				 size_t count)
{
	const struct noise *first = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		const struct noise *noise = &noises[i];

		if (noise->reason || (first && same_conditions(first, noise)))
			continue;
		if (first)
			fprintf(out, "%s: ", noise->label);
		else
			first = noise;
		print_conditions(out, noise);
	}
	return first;
}

void noise_print(FILE *out, const struct noise *noises, size_t count)
{
	bool contexts = false;
	size_t i;

	if (print_all_conditions(out, noises, count))
		fputc('\n', out);
	print_rows(out, noises, count);
	print_histogram(out, noises, count);

	for (i = 0; i < count; i++)
		if (noises[i].unrecorded)
			fprintf(out, "\n%s: %" PRIu64 " interruptions were not recorded, as there was no room for them\n",
				noises[i].label, noises[i].unrecorded);
	for (i = 0; i < count; i++) {
		if (!noises[i].stats.entries)
			continue;
		if (!contexts)
			fputc('\n', out);
		contexts = true;
		print_context(out, &noises[i]);
	}
}
