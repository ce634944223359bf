// SPDX-License-Identifier: GPL-2.0-only
/*
 * The structures of nl_types.h as attributes of messages, and back.
 */
#include <stdlib.h>
#include <string.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "common/alloc.h"
#include "common/array.h"
#include "nl_codec.h"
#include "nl_types.h"

/* ---- what attributes are ---- */

enum type {
	TYPE_NONE,		/* of an attribute that is not known */
	TYPE_U8,
	TYPE_U32,
	TYPE_U64,
	TYPE_TEXT,
	TYPE_FLAG,
	TYPE_COUNTERS,		/* a nest of VCTX_A_COUNTER() */
};

struct nl_field {
	enum type type;
	size_t offset, size;	/* in its structure */
};

#define FIELD(structure, member, type) \
	{ type, offsetof(struct structure, member), \
	  sizeof(((struct structure *)0)->member) }

#define LAYOUT(structure, fields) \
	{ sizeof(struct structure), ARRAY_SIZE(fields) - 1, fields }

static const struct nl_field module_fields[] = {
	[VCTX_A_MODULE_VERSION] = FIELD(nl_module, version, TYPE_TEXT),
	[VCTX_A_MODULE_ABI_VERSION] = FIELD(nl_module, abi_version, TYPE_U32),
	[VCTX_A_MODULE_BACKEND] = FIELD(nl_module, backend, TYPE_U32),
	[VCTX_A_MODULE_UNAVAILABLE] = FIELD(nl_module, unavailable, TYPE_U32),
	[VCTX_A_MODULE_FEATURES] = FIELD(nl_module, features, TYPE_U64),
	[VCTX_A_MODULE_LIMITS] = FIELD(nl_module, limits, TYPE_U64),
	[VCTX_A_MODULE_CONTEXTS] = FIELD(nl_module, contexts, TYPE_U32),
	[VCTX_A_MODULE_CONTEXT_BYTES] = FIELD(nl_module, context_bytes, TYPE_U32),
	[VCTX_A_MODULE_EVENTS_LOST] = FIELD(nl_module, events_lost, TYPE_U64),
	[VCTX_A_MODULE_IDMAP_BYTES] = FIELD(nl_module, idmap_bytes, TYPE_U64),
};

static const struct nl_field context_fields[] = {
	[VCTX_A_CONTEXT_ID] = FIELD(nl_context, id, TYPE_U32),
	[VCTX_A_CONTEXT_TID] = FIELD(nl_context, tid, TYPE_U32),
	[VCTX_A_CONTEXT_PID] = FIELD(nl_context, pid, TYPE_U32),
	[VCTX_A_CONTEXT_UID] = FIELD(nl_context, uid, TYPE_U32),
	[VCTX_A_CONTEXT_COMM] = FIELD(nl_context, comm, TYPE_TEXT),
	[VCTX_A_CONTEXT_CPU] = FIELD(nl_context, cpu, TYPE_U32),
	[VCTX_A_CONTEXT_STATE] = FIELD(nl_context, state, TYPE_U32),
	[VCTX_A_CONTEXT_AGE_NS] = FIELD(nl_context, age_ns, TYPE_U64),
	[VCTX_A_CONTEXT_FLAGS] = FIELD(nl_context, flags, TYPE_U64),
	[VCTX_A_CONTEXT_ENTRIES] = FIELD(nl_context, entries, TYPE_U64),
	[VCTX_A_CONTEXT_EXITS] = FIELD(nl_context, exits, TYPE_COUNTERS),
	[VCTX_A_CONTEXT_NATIVE] = FIELD(nl_context, native, TYPE_COUNTERS),
	[VCTX_A_CONTEXT_GUEST_NS] = FIELD(nl_context, guest_ns, TYPE_U64),
	[VCTX_A_CONTEXT_NATIVE_NS] = FIELD(nl_context, native_ns, TYPE_U64),
	[VCTX_A_CONTEXT_TLB_FLUSHES] = FIELD(nl_context, tlb_flushes, TYPE_U64),
	[VCTX_A_CONTEXT_TICK_BOUND_NS] = FIELD(nl_context, tick_bound_ns, TYPE_U64),
	[VCTX_A_CONTEXT_TICK_HELD] = FIELD(nl_context, tick_held, TYPE_FLAG),
	[VCTX_A_CONTEXT_TICKS_HELD] = FIELD(nl_context, ticks_held, TYPE_U64),
	[VCTX_A_CONTEXT_HELD] = FIELD(nl_context, held, TYPE_COUNTERS),
	[VCTX_A_CONTEXT_LONGEST_NS] = FIELD(nl_context, longest_ns, TYPE_U64),
	[VCTX_A_CONTEXT_FELL_BACK] = FIELD(nl_context, fell_back, TYPE_U32),
	[VCTX_A_CONTEXT_TREE] = FIELD(nl_context, tree, TYPE_U32),
	[VCTX_A_CONTEXT_PAGING] = FIELD(nl_context, paging, TYPE_U32),
	[VCTX_A_CONTEXT_BELL] = FIELD(nl_context, bell, TYPE_COUNTERS),
};

static const struct nl_field cpu_fields[] = {
	[VCTX_A_CPU_CPU] = FIELD(nl_cpu, cpu, TYPE_U32),
	[VCTX_A_CPU_STATE] = FIELD(nl_cpu, state, TYPE_U32),
	[VCTX_A_CPU_CONTEXT] = FIELD(nl_cpu, context, TYPE_U32),
	[VCTX_A_CPU_TID] = FIELD(nl_cpu, tid, TYPE_U32),
	[VCTX_A_CPU_COMM] = FIELD(nl_cpu, comm, TYPE_TEXT),
	[VCTX_A_CPU_STAY_NS] = FIELD(nl_cpu, stay_ns, TYPE_U64),
	[VCTX_A_CPU_TICK_ALLOWED] = FIELD(nl_cpu, tick_allowed, TYPE_FLAG),
	[VCTX_A_CPU_TICK_HELD] = FIELD(nl_cpu, tick_held, TYPE_FLAG),
	[VCTX_A_CPU_NOHZ_FULL] = FIELD(nl_cpu, nohz_full, TYPE_FLAG),
	[VCTX_A_CPU_OWNER] = FIELD(nl_cpu, owner, TYPE_U32),
};

static const struct nl_field policy_fields[] = {
	[VCTX_A_POLICY_ENABLED] = FIELD(nl_policy, enabled, TYPE_U8),
	[VCTX_A_POLICY_MAX_CONTEXTS] = FIELD(nl_policy, max_contexts, TYPE_U32),
	[VCTX_A_POLICY_MAX_PER_USER] = FIELD(nl_policy, max_per_user, TYPE_U32),
	[VCTX_A_POLICY_TICK_HOLD] = FIELD(nl_policy, tick_hold, TYPE_U8),
	[VCTX_A_POLICY_TICK_UNPRIVILEGED] = FIELD(nl_policy, tick_unprivileged, TYPE_U8),
	[VCTX_A_POLICY_TICK_MAX_MS] = FIELD(nl_policy, tick_max_ms, TYPE_U32),
	[VCTX_A_POLICY_TICK_CPUS] = FIELD(nl_policy, tick_cpus, TYPE_TEXT),
	[VCTX_A_POLICY_SHARE] = FIELD(nl_policy, share, TYPE_U8),
	[VCTX_A_POLICY_PAGING] = FIELD(nl_policy, paging, TYPE_U32),
	[VCTX_A_POLICY_MIN_STAY_US] = FIELD(nl_policy, min_stay_us, TYPE_U32),
	[VCTX_A_POLICY_BELLS] = FIELD(nl_policy, bells, TYPE_U8),
	[VCTX_A_POLICY_BELL_TIMER_US] = FIELD(nl_policy, bell_timer_us, TYPE_U32),
};

static const struct nl_field evict_fields[] = {
	[VCTX_A_EVICT_ID] = FIELD(nl_evict, id, TYPE_U32),
	[VCTX_A_EVICT_PID] = FIELD(nl_evict, pid, TYPE_U32),
	[VCTX_A_EVICT_TREE] = FIELD(nl_evict, tree, TYPE_U32),
	[VCTX_A_EVICT_ALL] = FIELD(nl_evict, all, TYPE_FLAG),
	[VCTX_A_EVICT_EVICTED] = FIELD(nl_evict, evicted, TYPE_U32),
	[VCTX_A_EVICT_LEAVING] = FIELD(nl_evict, leaving, TYPE_U32),
};

static const struct nl_field event_fields[] = {
	[VCTX_A_EVENT_TYPE] = FIELD(nl_event, type, TYPE_U32),
	[VCTX_A_EVENT_TIME_NS] = FIELD(nl_event, time_ns, TYPE_U64),
	[VCTX_A_EVENT_CPU] = FIELD(nl_event, cpu, TYPE_U32),
	[VCTX_A_EVENT_ID] = FIELD(nl_event, id, TYPE_U32),
	[VCTX_A_EVENT_TID] = FIELD(nl_event, tid, TYPE_U32),
	[VCTX_A_EVENT_PID] = FIELD(nl_event, pid, TYPE_U32),
	[VCTX_A_EVENT_COMM] = FIELD(nl_event, comm, TYPE_TEXT),
	[VCTX_A_EVENT_REASON] = FIELD(nl_event, reason, TYPE_U32),
	[VCTX_A_EVENT_ENTRIES] = FIELD(nl_event, entries, TYPE_U64),
	[VCTX_A_EVENT_GUEST_NS] = FIELD(nl_event, guest_ns, TYPE_U64),
	[VCTX_A_EVENT_TICKS_HELD] = FIELD(nl_event, ticks_held, TYPE_U64),
	[VCTX_A_EVENT_ERROR] = FIELD(nl_event, error, TYPE_U32),
};

const struct nl_layout nl_module_layout = LAYOUT(nl_module, module_fields);
const struct nl_layout nl_context_layout = LAYOUT(nl_context, context_fields);
const struct nl_layout nl_cpu_layout = LAYOUT(nl_cpu, cpu_fields);
const struct nl_layout nl_policy_layout = LAYOUT(nl_policy, policy_fields);
const struct nl_layout nl_evict_layout = LAYOUT(nl_evict, evict_fields);
const struct nl_layout nl_event_layout = LAYOUT(nl_event, event_fields);

/* ---- to structures and from them ---- */

static void get_counters(uint64_t *counters, size_t count, struct nlattr *nest)
{
	struct nlattr *attr;
	int left;

	nla_for_each_nested(attr, nest, left) {
		size_t index = (size_t)nla_type(attr) - VCTX_A_COUNTER(0);

		if (index < count && nla_len(attr) >= (int)sizeof(*counters))
			counters[index] = nla_get_u64(attr);
	}
}

/* False if @attr is not of the type that it should have. */
static bool get_field(void *value, const struct nl_field *field, struct nlattr *attr)
{
	size_t length = nla_len(attr);

	switch (field->type) {
	case TYPE_NONE:
		return false;
	case TYPE_U8:
	case TYPE_U32:
	case TYPE_U64:
		if (length < field->size)
			return false;
		memcpy(value, nla_data(attr), field->size);
		return true;
	case TYPE_TEXT:
		if (length >= field->size)
			length = field->size - 1;
		memcpy(value, nla_data(attr), length);
		((char *)value)[length] = '\0';
		return true;
	case TYPE_FLAG:
		*(bool *)value = true;
		return true;
	case TYPE_COUNTERS:
		get_counters(value, field->size / sizeof(uint64_t), attr);
		return true;
	}
	return false;
}

void nl_decode(void *structure, const struct nl_layout *layout,
	       struct nl_msg *message)
{
	struct genlmsghdr *header = nlmsg_data(nlmsg_hdr(message));
	uint32_t *has = structure;
	struct nlattr *attr;
	int left;

	memset(structure, 0, layout->size);
	nla_for_each_attr(attr, genlmsg_attrdata(header, 0),
			  genlmsg_attrlen(header, 0), left) {
		int type = nla_type(attr);
		const struct nl_field *field = layout->fields;

		if (type > layout->max)
			continue;
		field += type;
		if (get_field((char *)structure + field->offset, field, attr))
			*has |= NL_BIT(type);
	}
}

static int put_field(struct nl_msg *message, int type, const struct nl_field *field,
		     const void *value)
{
	switch (field->type) {
	case TYPE_TEXT:
		return nla_put_string(message, type, value);
	case TYPE_FLAG:
		return nla_put_flag(message, type);
	default:
		return nla_put(message, type, field->size, value);
	}
}

struct nl_msg *nl_encode(int family, int command, int flags,
			 const void *structure, const struct nl_layout *layout)
{
	struct nl_msg *message = must(nlmsg_alloc_size(2 * NL_LIST_SIZE));
	const uint32_t *has = structure;
	int type;

	must(genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, flags,
			 command, VCTX_GENL_VERSION));
	for (type = 1; structure && type <= layout->max; type++) {
		const struct nl_field *field = &layout->fields[type];

		if (*has & NL_BIT(type) &&
		    put_field(message, type, field,
			      (const char *)structure + field->offset))
			must(NULL);
	}
	return message;
}
