/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What top shows: samples, in an order.
 */
#ifndef TOP_STATE_H
#define TOP_STATE_H

#include <stdbool.h>
#include <stdio.h>

#include "column.h"
#include "sample.h"

/* @key: on the keyboard; @name: of --sort */
struct top_sort {
	char key;
	const char *name;
	int (*compare)(const void *one, const void *other);
};

/* The last one has no name. */
extern const struct top_sort top_sorts[];

struct top {
	struct nl_context filter;
	struct column_choice choice;
	const struct top_sort *sort;
	bool reverse;
	bool batch;
	uint64_t left;		/* screens to show; 0: no end */
	uint64_t delay_ns;
	struct sample before, now;
	const struct activity **sorted;	/* those of now */
};

/* Take another sample; 0, or -errno with nl_error(). */
int top_update(struct top *top);
void top_free(struct top *top);

/* Sort anew, after the order has changed. */
void top_sort(struct top *top);

/* The i-th to be shown. */
const struct activity *top_shown(const struct top *top, size_t i);

/* The time of day, such as 12:34:56. */
const char *top_time(void);

/* A line about all contexts, and the table of @most of them. */
void top_write_summary(const struct top *top, FILE *file);
struct table *top_table(const struct top *top, size_t most);

#endif /* TOP_STATE_H */
