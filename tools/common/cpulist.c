// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of CPUs, as lists and as masks.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpulist.h"

static bool parse_cpu(const char **pos, unsigned long *cpu)
{
	char *end;

	if (!isdigit((unsigned char)**pos))
		return false;
	*cpu = strtoul(*pos, &end, 10);
	*pos = end;
	return *cpu < CPULIST_MAX;
}

static bool at_end(const char *pos)
{
	return !*pos || !strcmp(pos, "\n");
}

bool cpulist_parse(struct cpulist *cpus, const char *text)
{
	unsigned long first, last;

	*cpus = (struct cpulist){ };
	if (at_end(text))
		return true;
	do {
		if (!parse_cpu(&text, &first))
			return false;
		last = first;
		if (*text == '-') {
			text++;
			if (!parse_cpu(&text, &last) || last < first)
				return false;
		}
		for (; first <= last; first++)
			cpulist_add(cpus, first);
	} while (*text == ',' && *++text);

	return at_end(text) && text[-1] != ',';
}

/* The last digit has the lowest CPUs; commas have no meaning. */
bool cpulist_parse_mask(struct cpulist *cpus, const char *text)
{
	const char *pos = text + strcspn(text, "\n");
	unsigned int cpu = 0, bit;
	int digit;

	*cpus = (struct cpulist){ };
	while (pos-- > text) {
		if (*pos == ',')
			continue;
		if (!isxdigit((unsigned char)*pos))
			return false;
		digit = isdigit((unsigned char)*pos) ? *pos - '0' :
			tolower((unsigned char)*pos) - 'a' + 10;
		for (bit = 0; bit < 4; bit++) {
			if (!(digit & 1 << bit))
				continue;
			if (cpu + bit >= CPULIST_MAX)
				return false;
			cpulist_add(cpus, cpu + bit);
		}
		cpu += 4;
	}
	return true;
}

char *cpulist_format(const struct cpulist *cpus)
{
	unsigned int first, last;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (first = 0; first < CPULIST_MAX; first = last + 1) {
		last = first;
		if (!cpulist_has(cpus, first))
			continue;
		while (last + 1 < CPULIST_MAX && cpulist_has(cpus, last + 1))
			last++;
		fprintf(out, "%s%u", ftell(out) ? "," : "", first);
		if (last > first)
			fprintf(out, "-%u", last);
	}
	fclose(out);
	return text;
}

static unsigned int word(const struct cpulist *cpus, unsigned int first)
{
	unsigned int bits = 0, bit;

	for (bit = 0; bit < 32; bit++)
		if (cpulist_has(cpus, first + bit))
			bits |= 1U << bit;
	return bits;
}

char *cpulist_format_mask(const struct cpulist *cpus)
{
	unsigned int first = CPULIST_MAX - 32;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	while (first && !word(cpus, first))
		first -= 32;
	fprintf(out, "%x", word(cpus, first));
	while (first) {
		first -= 32;
		fprintf(out, ",%08x", word(cpus, first));
	}
	fclose(out);
	return text;
}

const char *cpulist_pin(const char *list)
{
	struct cpulist want, got;

	if (!cpulist_parse(&want, list) || cpulist_empty(&want) ||
	    strchr(list, '\n'))
		return "not a list of CPUs such as 0-3,5";
	if (sched_setaffinity(0, sizeof(want), want.set))
		return errno == EINVAL ? "none of them is online and allowed" :
					 strerror(errno);
	/* The kernel silently leaves out CPUs that do not exist. */
	if (sched_getaffinity(0, sizeof(got), got.set))
		return strerror(errno);
	if (!cpulist_equal(&want, &got))
		return "some of them are not online or not allowed";
	return NULL;
}
