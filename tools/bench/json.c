// SPDX-License-Identifier: GPL-2.0-only
/*
 * A report as JSON.
 */
#include <vctx.h>

#include "common/object.h"
#include "report.h"

static void add_interval(struct json_object *to, const char *name,
			 const struct interval *interval)
{
	struct json_object *object = json_object_new_object();

	object_add_real(object, "median", interval->median);
	object_add_real(object, "low", interval->low);
	object_add_real(object, "high", interval->high);
	json_object_object_add(to, name, object);
}

static struct json_object *mode(const struct cell *cell)
{
	struct json_object *object = json_object_new_object();

	if (cell->reason) {
		object_add_text(object, "reason", cell->reason);
		return object;
	}
	add_interval(object, "value", &cell->value);
	if (cell->compared)
		add_interval(object, "more", &cell->more);
	return object;
}

static struct json_object *modes(const struct row *row)
{
	struct json_object *object = json_object_new_object();
	unsigned int i;

	for (i = 0; i < COLUMNS; i++)
		if (row->cells[i].measured || row->cells[i].reason)
			json_object_object_add(object, columns[i].name,
					       mode(&row->cells[i]));
	return object;
}

static struct json_object *result(const struct report *report, const struct row *row)
{
	struct json_object *object = json_object_new_object();

	object_add_text(object, "group", row->group->name);
	object_add_text(object, "name", row->figure->name);
	object_add_text(object, "unit", report_unit(report, row->figure));
	json_object_object_add(object, "modes", modes(row));
	return object;
}

static struct json_object *machine(const struct report *report)
{
	const struct machine *machine = &report->machine;
	struct json_object *object = json_object_new_object();

	object_add_text(object, "cpu", machine->cpu);
	if (machine->emulator)
		object_add_text(object, "emulator", machine->emulator);
	object_add(object, "cpus", report->conditions.cpus);
	object_add_text(object, "kernel", machine->kernel);
	object_add_text(object, "mitigations", machine->mitigations);
	object_add_text(object, "transparent_huge_pages", machine->thp);
	object_add_text(object, "time_unit", machine->instructions ?
			"instructions" : "ns");
	object_add_real(object, "tsc_hz", report->conditions.hz);
	object_add(object, "walk_bytes", report->conditions.bytes);
	return object;
}

int report_write(FILE *out, const struct report *report)
{
	struct json_object *object = json_object_new_object();
	struct json_object *results = json_object_new_array();
	size_t i;

	for (i = 0; i < report->count; i++)
		json_object_array_add(results, result(report, &report->rows[i]));
	object_add_text(object, "program", "vctx-bench " VCTX_VERSION);
	json_object_object_add(object, "machine", machine(report));
	object_add(object, "samples", report->rounds);
	json_object_object_add(object, "results", results);
	return object_write(out, object);
}
