// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers and names in words for people.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "word.h"

static const struct unit {
	const char *name;
	uint64_t ns;
	const char *part_name;	/* NULL: decimals */
	uint64_t part_ns;
} units[] = {
	{ "d", UINT64_C(86400000000000), "h", UINT64_C(3600000000000) },
	{ "h", UINT64_C(3600000000000), "m", UINT64_C(60000000000) },
	{ "m", UINT64_C(60000000000), "s", 1000000000 },
	{ "s", 1000000000, NULL, 0 },
	{ "ms", 1000000, NULL, 0 },
	{ "us", 1000, NULL, 0 },
	{ "ns", 1, NULL, 0 },
};

const char *word_time(char word[WORD_SIZE], uint64_t ns)
{
	const struct unit *unit = units;
	double value;

	while (ns < unit->ns && unit->ns > 1)
		unit++;
	value = (double)ns / unit->ns;
	if (unit->part_name)
		snprintf(word, WORD_SIZE, "%" PRIu64 "%s%02" PRIu64 "%s",
			 ns / unit->ns, unit->name,
			 ns % unit->ns / unit->part_ns, unit->part_name);
	else
		snprintf(word, WORD_SIZE, "%.*f%s",
			 unit->ns == 1 || value >= 100 ? 0 : value >= 10 ? 1 : 2,
			 value, unit->name);
	return word;
}

const char *word_percent(char word[WORD_SIZE], uint64_t part, uint64_t whole)
{
	snprintf(word, WORD_SIZE, "%.1f%%",
		 whole ? 100.0 * part / whole : 0.0);
	return word;
}

void word_printable(char *text)
{
	mbstate_t state = { };
	size_t left = strlen(text);

	while (left) {
		wchar_t wide;
		size_t bytes = mbrtowc(&wide, text, left, &state);

		if (bytes > left || !iswprint(wide)) {
			size_t i, bad = bytes > left ? 1 : bytes;

			for (i = 0; i < bad; i++)
				text[i] = '?';
			memset(&state, 0, sizeof(state));
			bytes = bad;
		}
		text += bytes;
		left -= bytes;
	}
}
