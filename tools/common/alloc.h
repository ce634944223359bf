/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ALLOC_H
#define ALLOC_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

/* Without memory the program ends: the state on disk can be undone at any time. */
static inline void *must(void *memory)
{
	if (!memory) {
		say("out of memory");
		exit(EXIT_FAILURE);
	}
	return memory;
}

static inline char *xstrdup(const char *text)
{
	return must(strdup(text));
}

static inline void *xgrow(void *array, size_t count, size_t size)
{
	return must(reallocarray(array, count, size));
}

static inline char *__attribute__((__format__(printf, 1, 0)))
xvasprintf(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	return must(text);
}

static inline char *__attribute__((__format__(printf, 1, 2)))
xasprintf(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	return text;
}

#endif /* ALLOC_H */
