// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pictures of measurements: the data for noise.gp, which describes them.
 */
#include <stdint.h>

#include "common/array.h"
#include "common/gnuplot.h"
#include "plot.h"

#define SCRIPT	"noise.gp"

const char *plot_check(const char *path)
{
	return gnuplot_check(path, SCRIPT);
}

static void put_texts(FILE *out, const struct noise *noises, size_t count)
{
	size_t i;

	fprintf(out, "array label[%zu]\narray reason[%zu]\n", count, count);
	for (i = 0; i < count; i++) {
		fprintf(out, "label[%zu] = ", i + 1);
		gnuplot_string(out, noises[i].label);
		fprintf(out, "\nreason[%zu] = ", i + 1);
		gnuplot_string(out, noises[i].reason ? noises[i].reason : "");
		fputc('\n', out);
	}
}

static double seconds(const struct noise *noise)
{
	return noise->duration_ns / 1e9;
}

static double threshold(const struct noise *noise)
{
	return noise->threshold_ns / 1e3;
}

static double longest(const struct noise *noise)
{
	return noise->max_ns / 1e3;
}

static double interruptions(const struct noise *noise)
{
	return noise->interruptions;
}

static void put_numbers(FILE *out, const struct noise *noises, size_t count)
{
	static const struct {
		const char *name;
		double (*value)(const struct noise *noise);
	} numbers[] = {
		{ "seconds", seconds },
		{ "threshold", threshold },
		{ "longest", longest },
		{ "interruptions", interruptions },
		{ "per_second", noise_per_second },
		{ "lost", noise_lost_percent },
	};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		fprintf(out, "array %s[%zu]\n", numbers[i].name, count);
		for (j = 0; j < count; j++)
			fprintf(out, "%s[%zu] = %.9e\n", numbers[i].name, j + 1,
				numbers[i].value(&noises[j]));
	}
}

static void put_timeline(FILE *out, const struct noise *noise)
{
	unsigned int i;

	for (i = 0; i < NOISE_SLICES; i++)
		if (noise->timeline[i])
			fprintf(out, "%g %g\n", (i + 0.5) * noise->slice_ns / 1e9,
				noise->timeline[i] / 1e3);
}

static void put_histogram(FILE *out, const struct noise *noise)
{
	unsigned int i;

	for (i = 0; i < NOISE_BUCKETS; i++)
		if (noise->histogram[i])
			fprintf(out, "%g %g\n", (UINT64_C(1) << i) / 1e3,
				noise->histogram[i] * 1e9 / noise->duration_ns);
}

/* A block of lines for each measurement, with two empty lines between them. */
static void put_blocks(FILE *out, const char *name,
		       void (*put)(FILE *out, const struct noise *noise),
		       const struct noise *noises, size_t count)
{
	size_t i;

	fprintf(out, "$%s << EOD\n", name);
	for (i = 0; i < count; i++) {
		if (noises[i].interruptions)
			put(out, &noises[i]);
		else
			fputs("NaN NaN\n", out);
		fputs("\n\n", out);
	}
	fputs("EOD\n", out);
}

struct picture {
	const struct noise *noises;
	size_t count;
};

static void put_all(FILE *out, const void *data)
{
	const struct picture *picture = data;
	const struct noise *noises = picture->noises;
	size_t count = picture->count;

	fprintf(out, "count = %zu\n", count);
	put_texts(out, noises, count);
	put_numbers(out, noises, count);
	put_blocks(out, "timeline", put_timeline, noises, count);
	put_blocks(out, "histogram", put_histogram, noises, count);
}

const char *plot_draw(const char *path, const struct noise *noises, size_t count)
{
	const struct picture picture = { noises, count };

	return gnuplot_draw(path, SCRIPT, put_all, &picture);
}
