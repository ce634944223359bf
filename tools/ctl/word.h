/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers and names in words for people.
 */
#ifndef WORD_H
#define WORD_H

#include <stdint.h>

#define WORD_SIZE	32

/* A time, such as 250us, 12.5ms, 3.20s, 12m05s, 3h12m, 4d03h. */
const char *word_time(char word[WORD_SIZE], uint64_t ns);

/* @part of @whole, such as 12.3%. */
const char *word_percent(char word[WORD_SIZE], uint64_t part, uint64_t whole);

/*
 * Replace what is not printable by '?': a program may have control characters in
 * its name.
 */
void word_printable(char *text);

#endif /* WORD_H */
