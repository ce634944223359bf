// SPDX-License-Identifier: GPL-2.0-only
/*
 * What top shows: samples, in an order.
 */
#include <stdlib.h>
#include <time.h>

#include "common/alloc.h"
#include "top_state.h"

/* ---- in which order ---- */

/* The largest comes first; of equal ones, the one with the smaller ID. */
#define COMPARE(name, a, b) \
static int by_##name(const void *one, const void *other) \
{ \
	const struct activity *first = *(const struct activity *const *)one; \
	const struct activity *second = *(const struct activity *const *)other; \
	\
	return (b) > (a) ? 1 : (b) < (a) ? -1 : \
	       first->context.id > second->context.id ? 1 : -1; \
}

COMPARE(guest, first->guest, second->guest)
COMPARE(exits, first->exits, second->exits)
COMPARE(native, first->native, second->native)
COMPARE(ticks, first->ticks_held, second->ticks_held)
COMPARE(age, first->context.age_ns, second->context.age_ns)
COMPARE(id, second->context.id, first->context.id)

const struct top_sort top_sorts[] = {
	{ 'g', "guest", by_guest },
	{ 'e', "exits", by_exits },
	{ 'n', "native", by_native },
	{ 't', "ticks", by_ticks },
	{ 'a', "age", by_age },
	{ 'i', "id", by_id },
	{ }
};

void top_sort(struct top *top)
{
	qsort(top->sorted, top->now.count, sizeof(*top->sorted),
	      top->sort->compare);
}

const struct activity *top_shown(const struct top *top, size_t i)
{
	return top->sorted[top->reverse ? top->now.count - 1 - i : i];
}

/* ---- samples ---- */

int top_update(struct top *top)
{
	size_t i;
	int err;

	sample_free(&top->before);
	top->before = top->now;
	top->now = (struct sample) { };
	err = sample_take(&top->now, &top->before, &top->filter);
	if (err)
		return err;
	top->sorted = xgrow(top->sorted, top->now.count + 1,
			    sizeof(*top->sorted));
	for (i = 0; i < top->now.count; i++)
		top->sorted[i] = &top->now.activities[i];
	top_sort(top);
	return 0;
}

void top_free(struct top *top)
{
	sample_free(&top->before);
	sample_free(&top->now);
	free(top->sorted);
}

/* ---- text ---- */

const char *top_time(void)
{
	static char text[16];
	time_t now = time(NULL);

	strftime(text, sizeof(text), "%T", localtime(&now));
	return text;
}

void top_write_summary(const struct top *top, FILE *file)
{
	double exits = 0, native = 0, passed_by = 0, ticks = 0;
	size_t i, guest = 0;

	for (i = 0; i < top->now.count; i++) {
		const struct activity *activity = &top->now.activities[i];

		guest += activity->context.state == VCTX_CONTEXT_GUEST;
		exits += activity->exits;
		native += activity->native;
		passed_by += activity->passed_by;
		ticks += activity->ticks_held;
	}
	fprintf(file, "%s  %zu contexts, %zu in guest mode; per s: %.0f exits, %.0f native, %.0f passed by, %.0f ticks held\n",
		top_time(), top->now.count, guest, exits, native, passed_by,
		ticks);
}

struct table *top_table(const struct top *top, size_t most)
{
	struct table *table = column_table(&top->choice);
	size_t i;

	for (i = 0; i < top->now.count && i < most; i++)
		column_row(table, &top->choice, top_shown(top, i));
	return table;
}
