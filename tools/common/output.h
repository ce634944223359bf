/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a tool that measures writes its JSON and draws its picture.  Each function that
 * fails says why.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/*
 * @json:	JSON is asked for
 * @json_path:	where to; NULL is standard output
 * @plot_path:	where the picture goes to; NULL if none is asked for
 */
struct output {
	bool json;
	const char *json_path;
	const char *plot_path;
};

/* Open what JSON is written to; *json stays as it is if none is asked for. */
bool output_open(const struct output *output, FILE **json);

/* What has come of the JSON: 0, or -errno. */
bool output_wrote(const struct output *output, int err);

/* What has come of the picture, or of a check before it: NULL, or why not. */
bool output_drew(const struct output *output, const char *why);

/* Whether all that was written to standard output has got there. */
bool output_flush(void);

#endif /* OUTPUT_H */
