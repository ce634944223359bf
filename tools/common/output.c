// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a tool that measures writes its JSON and draws its picture.
 */
#include <errno.h>
#include <string.h>

#include "output.h"
#include "say.h"

bool output_open(const struct output *output, FILE **json)
{
	if (!output->json)
		return true;
	*json = output->json_path ? fopen(output->json_path, "we") : stdout;
	if (!*json)
		say("cannot write the JSON to '%s': %s", output->json_path,
		    strerror(errno));
	return *json;
}

bool output_wrote(const struct output *output, int err)
{
	if (err)
		say("cannot write the JSON to %s: %s",
		    output->json_path ? output->json_path : "standard output",
		    strerror(-err));
	return !err;
}

bool output_drew(const struct output *output, const char *why)
{
	if (why)
		say("cannot draw '%s': %s", output->plot_path, why);
	return !why;
}

bool output_flush(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return true;
	say("cannot write to standard output: %s", strerror(errno));
	return false;
}
