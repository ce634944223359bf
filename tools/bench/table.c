// SPDX-License-Identifier: GPL-2.0-only
/*
 * A report as a table: for each figure, a line for each mode.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report.h"

#define NAME_WIDTH	28

const char *report_unit(const struct report *report, const struct figure *figure)
{
	switch (figure->unit) {
	case UNIT_PER_SECOND:
		return "/s";
	case UNIT_PERCENT:
		return "%";
	case UNIT_BYTES:
		return "bytes";
	default:
		return report->machine.instructions ? "instructions" : "ns";
	}
}

static int digits(double value)
{
	value = fabs(value);
	return value == floor(value) || value >= 1000 ? 0 : value >= 10 ? 1 : 2;
}

static void print_number(char *text, size_t size, double value, const char *sign)
{
	/* No "-0". */
	if (fabs(value) < 0.005)
		value = 0;
	snprintf(text, size, *sign ? "%+.*f" : "%.*f", digits(value), value);
}

static void print_signed(FILE *out, int width, double value)
{
	char text[32];

	print_number(text, sizeof(text), value, "+");
	fprintf(out, "%*s", width, text);
}

/* The figure, and how much more it is than in the first mode. */
static void print_cell(FILE *out, const struct cell *cell, double base)
{
	char value[32];

	if (cell->reason) {
		fprintf(out, "%14s\n", "*");
		return;
	}
	print_number(value, sizeof(value), cell->value.median, "");
	fprintf(out, "%14s", value);
	if (cell->compared) {
		print_signed(out, 12, cell->more.median);
		print_signed(out, 12, cell->more.low);
		print_signed(out, 12, cell->more.high);
		if (base > 0)
			fprintf(out, "%+9.1f %%", 100 * cell->more.median / base);
	}
	fputc('\n', out);
}

static void print_head(FILE *out, const struct group *group)
{
	fprintf(out, "\n%-*s %-9s%14s%12s%12s%12s\n", NAME_WIDTH, group->name,
		"mode", "median", "more", "at least", "at most");
}

/* The name is beside the first line, and the unit beside the second. */
static void print_row(FILE *out, const struct report *report, const struct row *row)
{
	const char *text = row->figure->name;
	char unit[32];
	unsigned int i;

	snprintf(unit, sizeof(unit), "  %s", report_unit(report, row->figure));
	for (i = 0; i < COLUMNS; i++) {
		const struct cell *cell = &row->cells[i];

		if (!cell->measured && !cell->reason)
			continue;
		fprintf(out, "%-*s %-9s", NAME_WIDTH, text, columns[i].name);
		print_cell(out, cell, row->cells[0].value.median);
		text = text == row->figure->name ? unit : "";
	}
}

/* Whether a reason is that of an earlier row as well. */
static bool is_known(const struct report *report, size_t rows, const char *reason)
{
	unsigned int column;
	size_t i;

	for (i = 0; i < rows; i++) {
		for (column = 0; column < COLUMNS; column++) {
			const char *other = report->rows[i].cells[column].reason;

			if (other && !strcmp(other, reason))
				return true;
		}
	}
	return false;
}

static void print_reasons(FILE *out, const struct report *report)
{
	const char *mark = "\n";
	unsigned int column;
	size_t i;

	for (i = 0; i < report->count; i++) {
		const char *last = "";

		for (column = 0; column < COLUMNS; column++) {
			const char *reason = report->rows[i].cells[column].reason;

			if (!reason || !strcmp(reason, last) ||
			    is_known(report, i, reason))
				continue;
			fprintf(out, "%s* not measured (%s, %s): %s\n", mark,
				report->rows[i].figure->name,
				columns[column].name, reason);
			mark = "";
			last = reason;
		}
	}
}

static void print_machine(FILE *out, const struct report *report)
{
	const struct machine *machine = &report->machine;

	fprintf(out, "%s, %u CPU%s%s%s\n", machine->cpu, report->conditions.cpus,
		report->conditions.cpus == 1 ? "" : "s",
		machine->emulator ? "; emulated or virtual: " : "",
		machine->emulator ? machine->emulator : "");
	fprintf(out, "Linux %s; transparent huge pages: %s; mitigations: %s\n",
		machine->kernel, machine->thp, machine->mitigations);
	fprintf(out, "TSC %.3f MHz; walk through %" PRIu64 " MiB; medians of %u samples, and the difference with its interval of 95 %%\n",
		report->conditions.hz / 1e6, report->conditions.bytes >> 20,
		report->rounds);
}

void report_print(FILE *out, const struct report *report)
{
	size_t i;

	print_machine(out, report);
	for (i = 0; i < report->count; i++) {
		const struct row *row = &report->rows[i];

		if (!i || row->group != row[-1].group)
			print_head(out, row->group);
		print_row(out, report, row);
	}
	print_reasons(out, report);
}
