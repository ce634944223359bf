/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PLOT_H
#define PLOT_H

#include <stddef.h>

#include "noise.h"

/*
 * Find out before a measurement whether a picture can be drawn to @path.  Returns
 * NULL, or what is wrong and what helps.
 */
const char *plot_check(const char *path);

/* Draw @count measurements to @path.  Returns NULL, or what is wrong. */
const char *plot_draw(const char *path, const struct noise *noises, size_t count);

#endif /* PLOT_H */
