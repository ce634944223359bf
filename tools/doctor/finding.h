/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the doctor finds: answers to questions, of which yes is the good answer.
 */
#ifndef FINDING_H
#define FINDING_H

#include <stdbool.h>

enum answer {
	YES,
	NO,
	UNKNOWN,
};

/* Begin a section.  @needed: contexts cannot be had if an answer is no. */
void finding_section(const char *title, bool needed);

/* @advice: what helps, or NULL if nothing does. */
void finding_add(const char *check, enum answer answer, const char *advice,
		 const char *format, ...)
	__attribute__((__format__(printf, 4, 5)));

/* Print all findings, and the verdict. */
void finding_print(bool available);

#endif /* FINDING_H */
