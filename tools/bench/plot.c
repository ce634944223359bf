// SPDX-License-Identifier: GPL-2.0-only
/*
 * The picture of a report: the data for bench.gp, which describes them.
 */
#include "common/gnuplot.h"
#include "report.h"

#define SCRIPT	"bench.gp"

const char *report_can_draw(const char *path)
{
	return gnuplot_check(path, SCRIPT);
}

static void put_names(FILE *out, const struct report *report)
{
	unsigned int column;
	size_t i;

	fprintf(out, "array name[%zu]\narray mode[%u]\n", report->count,
		COLUMNS - 1);
	for (i = 0; i < report->count; i++) {
		fprintf(out, "name[%zu] = ", i + 1);
		gnuplot_string(out, report->rows[i].figure->name);
		fputc('\n', out);
	}
	for (column = 1; column < COLUMNS; column++) {
		fprintf(out, "mode[%u] = ", column);
		gnuplot_string(out, columns[column].name);
		fputc('\n', out);
	}
}

/* A figure in percent of what it is in the first column. */
static void put_point(FILE *out, const struct row *row, unsigned int column,
		      size_t at)
{
	const struct cell *cell = &row->cells[column];
	double base = row->cells[0].value.median;

	if (!cell->compared || base <= 0 || row->figure->unit == UNIT_PERCENT)
		return;
	fprintf(out, "%zu %.9e %.9e %.9e\n", at,
		100 * (1 + cell->more.median / base),
		100 * (1 + cell->more.low / base),
		100 * (1 + cell->more.high / base));
}

static void put_column(FILE *out, const struct report *report, unsigned int column)
{
	size_t i;

	fputs("NaN NaN NaN NaN\n", out);
	for (i = 0; i < report->count; i++)
		put_point(out, &report->rows[i], column, i + 1);
	fputs("\n\n", out);
}

static void put_all(FILE *out, const void *data)
{
	const struct report *report = data;
	unsigned int i;

	fprintf(out, "count = %zu\nmodes = %u\nmachine = ", report->count,
		COLUMNS - 1);
	gnuplot_string(out, report->machine.cpu);
	fputs("\nkernel = ", out);
	gnuplot_string(out, report->machine.kernel);
	fprintf(out, "\nunit = '%s'\n", report->machine.instructions ?
		"instructions" : "time");
	put_names(out, report);
	fputs("$points << EOD\n", out);
	for (i = 1; i < COLUMNS; i++)
		put_column(out, report, i);
	fputs("EOD\n", out);
}

const char *report_draw(const char *path, const struct report *report)
{
	return gnuplot_draw(path, SCRIPT, put_all, report);
}
