// SPDX-License-Identifier: GPL-2.0-only
/*
 * A context, for people and for programs.
 */
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <vctx.h>

#include "context.h"
#include "names.h"
#include "vctxctl.h"

const char *context_user(uint32_t uid)
{
	/* Of many contexts, those of a user are mostly in a row. */
	static char name[64];
	static uint32_t last;
	struct passwd *user;

	if (*name && uid == last)
		return name;
	user = getpwuid(uid);
	if (user)
		snprintf(name, sizeof(name), "%s", user->pw_name);
	else
		snprintf(name, sizeof(name), "%" PRIu32, uid);
	last = uid;
	return name;
}

bool context_find_user(const char *name, uint32_t *uid)
{
	struct passwd *user = getpwnam(name);
	uint64_t number;

	if (user) {
		*uid = user->pw_uid;
		return true;
	}
	if (!parse_number(name, 0, UINT32_MAX - 1, &number))
		return false;
	*uid = number;
	return true;
}

const char *context_top_native(const struct nl_context *context)
{
	unsigned int i, top = 0;

	for (i = 1; i < VCTX_MAX_NATIVE; i++)
		if (context->native[i] > context->native[top])
			top = i;
	return context->native[top] ? name_of_native(top) : "-";
}

enum color context_state_color(uint32_t state)
{
	switch (state) {
	case VCTX_CONTEXT_GUEST:
		return COLOR_GOOD;
	case VCTX_CONTEXT_STOPPED:
	case VCTX_CONTEXT_LEAVING:
		return COLOR_WARN;
	default:
		return COLOR_NONE;
	}
}

/* What a later module counts and this library has no name for is "unknown". */
static void add_counters(struct json_object *object, const char *what,
			 const uint64_t *counters, size_t count,
			 const char *(*name)(unsigned int))
{
	struct json_object *named = json_object_new_object();
	uint64_t unnamed = 0;
	size_t i;

	for (i = 0; i < count && name(i); i++)
		json_add_u64(named, name(i), counters[i]);
	for (; i < count; i++)
		unnamed += counters[i];
	if (unnamed)
		json_add_u64(named, "unknown", unnamed);
	json_add(object, what, named);
}

struct json_object *context_json(const struct nl_context *context)
{
	struct json_object *object = json_object_new_object();
	bool tickless = context->has & NL_BIT(VCTX_A_CONTEXT_TICK_BOUND_NS);

	json_add_u64(object, "id", context->id);
	json_add_u64(object, "pid", context->pid);
	json_add_u64(object, "tid", context->tid);
	json_add_u64(object, "uid", context->uid);
	json_add_text(object, "user", context_user(context->uid));
	json_add_text(object, "comm", context->comm);
	json_add_u64(object, "cpu", context->cpu);
	json_add_text(object, "state", name_of_context_state(context->state));
	json_add_u64(object, "age_ns", context->age_ns);
	json_add(object, "flags", names_of_flags(context->flags));
	json_add_u64(object, "entries", context->entries);
	add_counters(object, "exits", context->exits, VCTX_MAX_EXITS,
		     vctx_exit_name);
	add_counters(object, "native", context->native, VCTX_MAX_NATIVE,
		     vctx_native_name);
	if (context->has & NL_BIT(VCTX_A_CONTEXT_FELL_BACK))
		json_add_text(object, "fell_back",
			      name_of_native(context->fell_back));
	else
		json_add_text(object, "fell_back", NULL);
	json_add_u64(object, "guest_ns", context->guest_ns);
	json_add_u64(object, "native_ns", context->native_ns);
	json_add_u64(object, "tlb_flushes", context->tlb_flushes);
	if (!tickless || context->tick_bound_ns == VCTX_UNLIMITED)
		json_add_text(object, "tick_bound_ns", NULL);
	else
		json_add_u64(object, "tick_bound_ns", context->tick_bound_ns);
	json_add_bool(object, "tick_held", context->tick_held);
	json_add_u64(object, "ticks_held", context->ticks_held);
	add_counters(object, "held", context->held, VCTX_MAX_HELD,
		     vctx_held_name);
	json_add_u64(object, "longest_ns", context->longest_ns);
	return object;
}
