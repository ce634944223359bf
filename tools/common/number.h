/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NUMBER_H
#define NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Whether @text is a whole number from @least to @most, which *value then is. */
bool number_parse(const char *text, uint64_t least, uint64_t most,
		  uint64_t *value);

#endif /* NUMBER_H */
