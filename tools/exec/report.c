// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the contexts of a command did: as JSON, and in words.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/wait.h>

#include "common/object.h"
#include "common/say.h"
#include "report.h"

static struct json_object *counts(const uint64_t *values, unsigned int max,
				  const char *(*name)(unsigned int),
				  const char *rest)
{
	struct json_object *object = json_object_new_object();
	uint64_t unnamed = 0;
	unsigned int i;

	for (i = 0; i < max && name(i); i++)
		json_object_object_add(object, name(i),
				       json_object_new_uint64(values[i]));
	/* A later module may count what this library has no name for. */
	for (; i < max; i++)
		unnamed += values[i];
	if (unnamed) {
		struct json_object *old;

		if (json_object_object_get_ex(object, rest, &old))
			unnamed += json_object_get_uint64(old);
		json_object_object_add(object, rest,
				       json_object_new_uint64(unnamed));
	}
	return object;
}

int report_json(FILE *out, const struct vctx_stats *stats, uint64_t wall_ns,
		const char *reason, const char *tick_reason)
{
	struct json_object *object = json_object_new_object();
	struct json_object *native;

	object_add(object, "contexts", stats->contexts);
	object_add(object, "live", stats->live);
	object_add(object, "entries", stats->entries);
	json_object_object_add(object, "exits",
			       counts((const uint64_t *)stats->exits,
				      VCTX_MAX_EXITS, vctx_exit_name, "other"));
	native = counts((const uint64_t *)stats->native, VCTX_MAX_NATIVE,
			vctx_native_name, "unknown");
	if (reason)
		object_add(native, "unavailable", 1);
	json_object_object_add(object, "native", native);
	object_add(object, "guest_ns", stats->guest_ns);
	object_add(object, "native_ns", stats->native_ns);
	object_add(object, "wall_ns", wall_ns);
	object_add(object, "tlb_flushes", stats->tlb_flushes);
	object_add(object, "ticks_held", stats->ticks_held);
	json_object_object_add(object, "held",
			       counts((const uint64_t *)stats->held,
				      VCTX_MAX_HELD, vctx_held_name, "unknown"));
	object_add(object, "longest_ns", stats->longest_ns);
	object_add(object, "nested", stats->nested);
	if (reason)
		object_add_text(object, "reason", reason);
	if (tick_reason)
		object_add_text(object, "tick_reason", tick_reason);

	return object_write(out, object);
}

static void print_counts(const char *what, const __u64 *values,
			 const char *(*name)(unsigned int))
{
	const char *separator = "";
	unsigned int i;

	fprintf(stderr, "%s: %s: ", program_invocation_short_name, what);
	for (i = 0; name(i); i++) {
		if (!values[i])
			continue;
		fprintf(stderr, "%s%s %" PRIu64, separator, name(i),
			(uint64_t)values[i]);
		separator = ", ";
	}
	fprintf(stderr, "%s\n", *separator ? "" : "none");
}

void report_summary(const struct vctx_stats *stats, uint64_t wall_ns, int status)
{
	if (WIFSIGNALED(status))
		say("killed by signal %d (%s) after %.3f s", WTERMSIG(status),
		    strsignal(WTERMSIG(status)), wall_ns / 1e9);
	else
		say("exit status %d after %.3f s", WEXITSTATUS(status),
		    wall_ns / 1e9);
	say("%" PRIu64 " contexts, %" PRIu64 " of them with nested paging, %" PRIu64 " entries, %.3f s in guest mode",
	    (uint64_t)stats->contexts, (uint64_t)stats->nested,
	    (uint64_t)stats->entries, stats->guest_ns / 1e9);
	print_counts("exits", stats->exits, vctx_exit_name);
	print_counts("native", stats->native, vctx_native_name);
	say("%" PRIu64 " ticks held, longest stay in guest mode meanwhile %.3f ms",
	    (uint64_t)stats->ticks_held, stats->longest_ns / 1e6);
	print_counts("interruptions while held", stats->held, vctx_held_name);
}
