// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options that select contexts.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/number.h"
#include "error.h"
#include "filter.h"
#include "names.h"
#include "user.h"

#define COMM_LENGTH	15	/* TASK_COMM_LEN - 1 */

/* Filters that are numbers. */
static const struct number {
	int option;
	int attribute;
	size_t offset;
	uint32_t least;
	const char *what;
} numbers[] = {
	{ 'p', VCTX_A_CONTEXT_PID, offsetof(struct nl_context, pid), 1,
	  "a process" },
	{ FILTER_TREE, VCTX_A_CONTEXT_TREE, offsetof(struct nl_context, tree), 1,
	  "a process" },
	{ 't', VCTX_A_CONTEXT_TID, offsetof(struct nl_context, tid), 1,
	  "a thread" },
	{ 'c', VCTX_A_CONTEXT_CPU, offsetof(struct nl_context, cpu), 0,
	  "a CPU" },
};

static bool filter_number(struct nl_context *filter, const struct number *number,
			  const char *text)
{
	uint64_t value;

	if (!number_parse(text, number->least, INT_MAX, &value)) {
		usage_error("'%s' is not the number of %s", text, number->what);
		return false;
	}
	memcpy((char *)filter + number->offset, &(uint32_t){ value },
	       sizeof(uint32_t));
	filter->has |= NL_BIT(number->attribute);
	return true;
}

bool filter_option(struct nl_context *filter, int c, const char *value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (c == numbers[i].option)
			return filter_number(filter, &numbers[i], value);
	switch (c) {
	case 'u':
		filter->has |= NL_BIT(VCTX_A_CONTEXT_UID);
		if (user_find(value, &filter->uid))
			return true;
		usage_error("there is no user '%s'", value);
		return false;
	case FILTER_STATE:
		filter->has |= NL_BIT(VCTX_A_CONTEXT_STATE);
		if (find_context_state(value, &filter->state))
			return true;
		usage_error("there is no state '%s'; it is one of %s", value,
			    context_state_names());
		return false;
	case FILTER_COMM:
		filter->has |= NL_BIT(VCTX_A_CONTEXT_COMM);
		snprintf(filter->comm, sizeof(filter->comm), "%s", value);
		if (strlen(value) <= COMM_LENGTH)
			return true;
		usage_error("'%s' is not a thread's name, which has at most %d bytes",
			    value, COMM_LENGTH);
		return false;
	}
	return false;
}
