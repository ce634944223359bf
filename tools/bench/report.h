/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has been measured, and where.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "column.h"
#include "group.h"
#include "interval.h"

/*
 * The machine; all texts have to be freed.
 *
 * @instructions: a tick of the TSC is an instruction, as in some emulators
 */
struct machine {
	char *cpu;
	char *emulator;		/* NULL: none that it knows of */
	char *kernel;
	char *mitigations;
	char *thp;
	bool instructions;
};

/*
 * The figure of a row in one mode, in the unit of the report.
 *
 * @reason:	why there is none; NULL as well if the mode has no sample of it
 * @values:	one for each round
 * @value:	the figure
 * @more:	how much more it is than in the first column, round by round
 * @compared:	whether @more is set
 */
struct cell {
	bool measured, compared;
	char *reason;
	double *values;
	struct interval value, more;
};

struct row {
	const struct group *group;
	const struct figure *figure;
	struct cell cells[COLUMNS];
};

struct report {
	struct machine machine;
	struct conditions conditions;
	unsigned int rounds;
	struct row *rows;
	size_t count;
};

/* The unit of a figure, as it is printed. */
const char *report_unit(const struct report *report, const struct figure *figure);

/* Write the report: a table; one JSON object on a line, which gives 0 or -errno. */
void report_print(FILE *out, const struct report *report);
int report_write(FILE *out, const struct report *report);

/* Find out before whether a picture can be drawn; draw it: NULL, or what is wrong. */
const char *report_can_draw(const char *path);
const char *report_draw(const char *path, const struct report *report);

#endif /* REPORT_H */
