/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the doctor finds: answers to questions of which yes is the good one.
 */
#ifndef FINDING_H
#define FINDING_H

#include <stdbool.h>

enum answer {
	YES,
	NO,
	UNKNOWN,
};

/* What follows is about this; @needed: contexts cannot be had without. */
void finding_section(const char *title, bool needed);

/* @advice: what to do, NULL if there is nothing to be done. */
void finding_add(const char *check, enum answer answer, const char *advice,
		 const char *format, ...)
	__attribute__((__format__(printf, 4, 5)));

/* All of them, and the verdict. */
void finding_print(bool available);

#endif /* FINDING_H */
