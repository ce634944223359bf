// SPDX-License-Identifier: GPL-2.0-only
/*
 * All samples of all figures, in turn: in a round, each mode has one sample, so that
 * whatever drifts in the machine drifts for all of them alike.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "measure.h"

/* ---- one figure ---- */

/* A figure in the unit in which it is reported. */
static double reported(const struct report *report, const struct sample *sample)
{
	if (sample->figure->unit != UNIT_TIME || report->machine.instructions)
		return sample->value;
	return sample->value * 1e9 / report->conditions.hz;
}

static void take(const struct measure_options *opt, const struct report *report,
		 struct row *row, unsigned int column, unsigned int round)
{
	struct cell *cell = &row->cells[column];
	struct sample sample = {
		.figure = row->figure,
		.conditions = &report->conditions,
		.self = columns[column].self,
		.peer = columns[column].peer,
	};

	if (cell->reason || !column_has(&columns[column], row->figure))
		return;
	if (columns[column].plant)
		sample.plant = opt->plant_ns * report->conditions.hz / 1e9;
	sample_take(&sample);
	if (*sample.reason)
		cell->reason = xstrdup(sample.reason);
	else
		cell->values[round] = reported(report, &sample);
}

/* Every other round goes through the modes from the last to the first. */
static void take_all(const struct measure_options *opt, const struct report *report,
		     struct row *row)
{
	unsigned int round, i;

	for (round = 0; round < report->rounds; round++)
		for (i = 0; i < COLUMNS; i++)
			take(opt, report, row,
			     round % 2 ? COLUMNS - 1 - i : i, round);
}

static void give_reason(struct row *row, const char *reason)
{
	unsigned int i;

	for (i = 0; i < COLUMNS; i++)
		if (column_has(&columns[i], row->figure))
			row->cells[i].reason = xstrdup(reason);
}

/* ---- its sum ---- */

static void compare(const struct report *report, const struct cell *base,
		    struct cell *cell)
{
	double *more = must(calloc(report->rounds, sizeof(*more)));
	unsigned int round;

	for (round = 0; round < report->rounds; round++)
		more[round] = cell->values[round] - base->values[round];
	cell->more = interval_of(more, report->rounds);
	cell->compared = true;
	free(more);
}

static void sum_up(const struct report *report, struct row *row)
{
	struct cell *base = &row->cells[0];
	unsigned int i;

	for (i = 0; i < COLUMNS; i++) {
		struct cell *cell = &row->cells[i];

		cell->measured = !cell->reason &&
				 column_has(&columns[i], row->figure);
		if (i && cell->measured && base->measured)
			compare(report, base, cell);
	}
	/* This sorts the values, of which the comparison needs the order. */
	for (i = 0; i < COLUMNS; i++)
		row->cells[i].value = interval_of(row->cells[i].values,
						  report->rounds);
}

static void measure(const struct measure_options *opt, const struct report *report,
		    struct row *row)
{
	unsigned int i;

	for (i = 0; i < COLUMNS; i++)
		row->cells[i].values = must(calloc(report->rounds, sizeof(double)));
	if ((row->figure->flags & FIGURE_CPUS) && report->conditions.cpus < 2)
		give_reason(row, "it takes two CPUs");
	take_all(opt, report, row);
	sum_up(report, row);
}

/* ---- all of them ---- */

static bool is_wanted(const struct measure_options *opt, const struct group *group,
		      const struct figure *figure)
{
	if (opt->group && strcmp(opt->group, group->name))
		return false;
	if (opt->only && !strstr(figure->name, opt->only))
		return false;
	return !opt->is_short || !(figure->flags & FIGURE_LONG);
}

void measure_list(const struct measure_options *opt, struct report *report)
{
	const struct figure *figure;
	const struct group *group;

	for (group = groups; group->name; group++) {
		for (figure = group->figures; figure->name; figure++) {
			if (!is_wanted(opt, group, figure))
				continue;
			report->rows = xgrow(report->rows, report->count + 1,
					     sizeof(*report->rows));
			report->rows[report->count++] = (struct row) {
				.group = group,
				.figure = figure,
			};
		}
	}
}

/* On a terminal each figure overwrites the one before. */
static void say_progress(const struct report *report, size_t done)
{
	bool terminal = isatty(STDERR_FILENO);

	if (terminal)
		fputs("\r\033[K", stderr);
	if (done < report->count)
		fprintf(stderr, "%s: %zu of %zu: %s%s",
			program_invocation_short_name, done + 1, report->count,
			report->rows[done].figure->name, terminal ? "" : "\n");
}

void measure_all(const struct measure_options *opt, struct report *report)
{
	size_t i;

	report->rounds = opt->rounds;
	for (i = 0; i < report->count; i++) {
		say_progress(report, i);
		measure(opt, report, &report->rows[i]);
	}
	say_progress(report, i);
}
