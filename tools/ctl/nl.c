// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module over generic netlink, by libnl.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "common/alloc.h"
#include "common/array.h"
#include "error.h"
#include "nl.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define EVENT_BUFFER	(1 << 20)	/* as large as the kernel allows */

/* ---- what attributes are ---- */

enum type {
	TYPE_NONE,		/* an attribute that is not known */
	TYPE_U8,
	TYPE_U32,
	TYPE_U64,
	TYPE_TEXT,
	TYPE_FLAG,
	TYPE_COUNTERS,		/* a nest of VCTX_A_COUNTER() */
};

struct field {
	enum type type;
	size_t offset, size;	/* in its structure */
};

#define FIELD(structure, member, type) \
	{ type, offsetof(struct structure, member), \
	  sizeof(((struct structure *)0)->member) }

/* A structure of nl.h: its fields, by attribute. */
struct layout {
	size_t size;
	int max;
	const struct field *fields;
};

#define LAYOUT(structure, fields) \
	{ sizeof(struct structure), ARRAY_SIZE(fields) - 1, fields }

static const struct field module_fields[] = {
	[VCTX_A_MODULE_VERSION] = FIELD(nl_module, version, TYPE_TEXT),
	[VCTX_A_MODULE_ABI_VERSION] = FIELD(nl_module, abi_version, TYPE_U32),
	[VCTX_A_MODULE_BACKEND] = FIELD(nl_module, backend, TYPE_U32),
	[VCTX_A_MODULE_UNAVAILABLE] = FIELD(nl_module, unavailable, TYPE_U32),
	[VCTX_A_MODULE_FEATURES] = FIELD(nl_module, features, TYPE_U64),
	[VCTX_A_MODULE_LIMITS] = FIELD(nl_module, limits, TYPE_U64),
	[VCTX_A_MODULE_CONTEXTS] = FIELD(nl_module, contexts, TYPE_U32),
	[VCTX_A_MODULE_CONTEXT_BYTES] = FIELD(nl_module, context_bytes, TYPE_U32),
	[VCTX_A_MODULE_EVENTS_LOST] = FIELD(nl_module, events_lost, TYPE_U64),
};

static const struct field context_fields[] = {
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
};

static const struct field cpu_fields[] = {
	[VCTX_A_CPU_CPU] = FIELD(nl_cpu, cpu, TYPE_U32),
	[VCTX_A_CPU_STATE] = FIELD(nl_cpu, state, TYPE_U32),
	[VCTX_A_CPU_CONTEXT] = FIELD(nl_cpu, context, TYPE_U32),
	[VCTX_A_CPU_TID] = FIELD(nl_cpu, tid, TYPE_U32),
	[VCTX_A_CPU_COMM] = FIELD(nl_cpu, comm, TYPE_TEXT),
	[VCTX_A_CPU_STAY_NS] = FIELD(nl_cpu, stay_ns, TYPE_U64),
	[VCTX_A_CPU_TICK_ALLOWED] = FIELD(nl_cpu, tick_allowed, TYPE_FLAG),
	[VCTX_A_CPU_TICK_HELD] = FIELD(nl_cpu, tick_held, TYPE_FLAG),
	[VCTX_A_CPU_NOHZ_FULL] = FIELD(nl_cpu, nohz_full, TYPE_FLAG),
};

static const struct field policy_fields[] = {
	[VCTX_A_POLICY_ENABLED] = FIELD(nl_policy, enabled, TYPE_U8),
	[VCTX_A_POLICY_MAX_CONTEXTS] = FIELD(nl_policy, max_contexts, TYPE_U32),
	[VCTX_A_POLICY_MAX_PER_USER] = FIELD(nl_policy, max_per_user, TYPE_U32),
	[VCTX_A_POLICY_TICK_HOLD] = FIELD(nl_policy, tick_hold, TYPE_U8),
	[VCTX_A_POLICY_TICK_UNPRIVILEGED] = FIELD(nl_policy, tick_unprivileged, TYPE_U8),
	[VCTX_A_POLICY_TICK_MAX_MS] = FIELD(nl_policy, tick_max_ms, TYPE_U32),
	[VCTX_A_POLICY_TICK_CPUS] = FIELD(nl_policy, tick_cpus, TYPE_TEXT),
};

static const struct field evict_fields[] = {
	[VCTX_A_EVICT_ID] = FIELD(nl_evict, id, TYPE_U32),
	[VCTX_A_EVICT_PID] = FIELD(nl_evict, pid, TYPE_U32),
	[VCTX_A_EVICT_TREE] = FIELD(nl_evict, tree, TYPE_U32),
	[VCTX_A_EVICT_ALL] = FIELD(nl_evict, all, TYPE_FLAG),
	[VCTX_A_EVICT_EVICTED] = FIELD(nl_evict, evicted, TYPE_U32),
	[VCTX_A_EVICT_LEAVING] = FIELD(nl_evict, leaving, TYPE_U32),
};

static const struct field event_fields[] = {
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

static const struct layout module_layout = LAYOUT(nl_module, module_fields);
static const struct layout context_layout = LAYOUT(nl_context, context_fields);
static const struct layout cpu_layout = LAYOUT(nl_cpu, cpu_fields);
static const struct layout policy_layout = LAYOUT(nl_policy, policy_fields);
static const struct layout evict_layout = LAYOUT(nl_evict, evict_fields);
static const struct layout event_layout = LAYOUT(nl_event, event_fields);

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

/* False if @attr is not what it should be. */
static bool get_field(void *value, const struct field *field, struct nlattr *attr)
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

static void decode(void *structure, const struct layout *layout,
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
		const struct field *field = layout->fields;

		if (type > layout->max)
			continue;
		field += type;
		if (get_field((char *)structure + field->offset, field, attr))
			*has |= NL_BIT(type);
	}
}

static int put_field(struct nl_msg *message, int type, const struct field *field,
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

static struct nl_msg *encode(int family, int command, int flags,
			     const void *structure, const struct layout *layout)
{
	struct nl_msg *message = must(nlmsg_alloc_size(2 * NL_LIST_SIZE));
	const uint32_t *has = structure;
	int type;

	must(genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, flags,
			 command, VCTX_GENL_VERSION));
	for (type = 1; structure && type <= layout->max; type++) {
		const struct field *field = &layout->fields[type];

		if (*has & NL_BIT(type) &&
		    put_field(message, type, field,
			      (const char *)structure + field->offset))
			must(NULL);
	}
	return message;
}

/* ---- errors ---- */

static char error_text[2 * NL_TEXT_SIZE];

const char *nl_error(void)
{
	return error_text;
}

/* What errors mean if the kernel says no more, and what helps. */
static const struct {
	int error;
	const char *text, *help;
} errors[] = {
	{ EPERM, "no permission, CAP_NET_ADMIN or CAP_SYS_ADMIN is needed",
	  "run it as root" },
	{ EOPNOTSUPP, "the module does not know that",
	  "load the module of this version" },
	{ ENOENT, "there is no such context, or the module has been unloaded",
	  "'vctxctl list' shows those that there are" },
	{ ESRCH, "there is no such process", NULL },
	{ ENOBUFS, "they came faster than they were read", NULL },
};

static int fail(int error, const char *text)
{
	const char *help = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		if (error != errors[i].error)
			continue;
		text = text ? text : errors[i].text;
		help = errors[i].help;
	}
	text = text ? text : strerror(error);
	/* It may have said what helps. */
	if (strchr(text, ';'))
		help = NULL;
	snprintf(error_text, sizeof(error_text), "%s%s%s", text,
		 help ? "; " : "", help ? help : "");
	return -error;
}

/* Errors of libnl that the kernel has no part in. */
static int fail_nl(int error)
{
	return fail(error == -NLE_NOMEM ? ENOMEM : EIO, nl_geterror(error));
}

/* The text of the extended ACK behind @length bytes of a message's payload. */
static const char *ack_text(struct nlmsghdr *header, int length)
{
	struct nlattr *attr;
	int left;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	nla_for_each_attr(attr, nlmsg_attrdata(header, length),
			  nlmsg_attrlen(header, length), left) {
		const char *text = nla_data(attr);

		if (nla_type(attr) == NLMSGERR_ATTR_MSG && nla_len(attr) > 0 &&
		    !text[nla_len(attr) - 1])
			return text;
	}
	return NULL;
}

/* ---- requests ---- */

static struct nl_sock *sock;
static int family;

static int open_socket(struct nl_sock **opened)
{
	struct nl_sock *new = must(nl_socket_alloc());
	int on = 1, err = genl_connect(new);

	if (err) {
		nl_socket_free(new);
		return fail_nl(err);
	}
	setsockopt(nl_socket_get_fd(new), SOL_NETLINK, NETLINK_EXT_ACK, &on,
		   sizeof(on));
	/* A kernel that looks at what a dump asks for is to complain. */
	setsockopt(nl_socket_get_fd(new), SOL_NETLINK, NETLINK_GET_STRICT_CHK,
		   &on, sizeof(on));
	family = genl_ctrl_resolve(new, VCTX_GENL_NAME);
	if (family >= 0) {
		*opened = new;
		return 0;
	}
	err = family;
	nl_socket_free(new);
	if (err != -NLE_OBJ_NOTFOUND)
		return fail_nl(err);
	if (!access("/sys/module/vcontext", F_OK))
		return fail(ENOENT, "the module that is loaded cannot be asked over netlink; unload it and load the module of this version");
	return fail(ENOENT, "the module is not loaded; load it with: modprobe vcontext");
}

/* The answer to a request: structures in an array that grows. */
struct answer {
	const struct layout *layout;
	char *structures;
	size_t count, room;
	bool ended;
	int status;		/* 0 or -errno */
};

static int on_valid(struct nl_msg *message, void *arg)
{
	struct answer *answer = arg;
	size_t size = answer->layout->size;

	if (answer->count == answer->room) {
		answer->room = answer->room ? 2 * answer->room : 1;
		answer->structures = xgrow(answer->structures, answer->room, size);
	}
	decode(answer->structures + answer->count++ * size, answer->layout,
	       message);
	return NL_OK;
}

static int on_ack(struct nl_msg *message __attribute__((unused)), void *arg)
{
	struct answer *answer = arg;

	answer->ended = true;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *address __attribute__((unused)),
		    struct nlmsgerr *error, void *arg)
{
	struct answer *answer = arg;
	struct nlmsghdr *header = (struct nlmsghdr *)error - 1;
	int length = sizeof(*error);

	/* It has the request in it, unless that was cut off. */
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		length += error->msg.nlmsg_len - sizeof(error->msg);
	answer->ended = true;
	answer->status = fail(-error->error, ack_text(header, length));
	return NL_STOP;
}

/* The end of a dump, which may have failed midway. */
static int on_finish(struct nl_msg *message, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct answer *answer = arg;
	int error = 0;

	if (nlmsg_datalen(header) >= (int)sizeof(error))
		memcpy(&error, nlmsg_data(header), sizeof(error));
	if (error < 0)
		answer->status = fail(-error, ack_text(header, sizeof(error)));
	answer->ended = true;
	return NL_STOP;
}

/* Each context that is there all the time is in the dump: nothing is amiss. */
static int on_interrupted(struct nl_msg *message __attribute__((unused)),
			  void *arg __attribute__((unused)))
{
	return NL_OK;
}

static int receive(struct answer *answer)
{
	struct nl_cb *cb = must(nl_cb_alloc(NL_CB_DEFAULT));
	int err = 0;

	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, answer);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, answer);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, answer);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, NULL);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, answer);
	while (!err && !answer->ended)
		err = nl_recvmsgs(sock, cb);
	nl_cb_put(cb);
	if (err < 0 && !answer->ended)
		answer->status = fail_nl(err);
	return answer->status;
}

/* On failure there are no structures. */
static int ask(int command, int flags, const void *request,
	       const struct layout *layout, struct answer *answer)
{
	struct nl_msg *message;
	int err;

	if (!sock) {
		err = open_socket(&sock);
		if (err)
			return err;
	}
	message = encode(family, command, flags, request, layout);
	err = nl_send_auto(sock, message);
	nlmsg_free(message);
	err = err < 0 ? fail_nl(err) : receive(answer);
	if (err) {
		free(answer->structures);
		answer->structures = NULL;
		answer->count = 0;
	}
	return err;
}

/* A request that has one answer, which may take the place of the request. */
static int ask_one(int command, const void *request, const struct layout *layout,
		   void *structure)
{
	struct answer answer = { .layout = layout };
	int err = ask(command, 0, request, layout, &answer);

	if (err)
		return err;
	if (!answer.count)
		return fail(EPROTO, "the module has not answered; load the module of this version");
	memcpy(structure, answer.structures, layout->size);
	free(answer.structures);
	return 0;
}

static int ask_all(int command, const void *request, const struct layout *layout,
		   void **structures, size_t *count)
{
	struct answer answer = { .layout = layout };
	int err = ask(command, NLM_F_DUMP, request, layout, &answer);

	*structures = answer.structures;
	*count = answer.count;
	return err;
}

int nl_module_get(struct nl_module *module)
{
	return ask_one(VCTX_CMD_MODULE_GET, NULL, &module_layout, module);
}

int nl_policy_get(struct nl_policy *policy)
{
	return ask_one(VCTX_CMD_POLICY_GET, NULL, &policy_layout, policy);
}

int nl_policy_set(const struct nl_policy *policy)
{
	struct answer answer = { .layout = &policy_layout };
	int err = ask(VCTX_CMD_POLICY_SET, 0, policy, &policy_layout, &answer);

	free(answer.structures);
	return err;
}

int nl_context_get(struct nl_context *context)
{
	return ask_one(VCTX_CMD_CONTEXT_GET, context, &context_layout, context);
}

int nl_contexts(const struct nl_context *filter, struct nl_context **contexts,
		size_t *count)
{
	return ask_all(VCTX_CMD_CONTEXT_GET, filter, &context_layout,
		       (void **)contexts, count);
}

int nl_cpus(struct nl_cpu **cpus, size_t *count)
{
	return ask_all(VCTX_CMD_CPU_GET, NULL, &cpu_layout, (void **)cpus, count);
}

int nl_evict(struct nl_evict *evict)
{
	return ask_one(VCTX_CMD_EVICT, evict, &evict_layout, evict);
}

/* ---- events ---- */

static struct nl_sock *event_sock;

int nl_events_open(void)
{
	struct nl_sock *new;
	int group, err = open_socket(&new);

	if (err)
		return err;
	/* They come unasked. */
	nl_socket_disable_seq_check(new);
	nl_socket_set_buffer_size(new, EVENT_BUFFER, 0);
	group = genl_ctrl_resolve_grp(new, VCTX_GENL_NAME, VCTX_GENL_GROUP_EVENTS);
	err = group < 0 ? group : nl_socket_add_membership(new, group);
	if (!err)
		err = nl_socket_set_nonblocking(new);
	if (!err) {
		event_sock = new;
		return nl_socket_get_fd(new);
	}
	nl_socket_free(new);
	if (err == -NLE_PERM)
		return fail(EPERM, "no permission, CAP_NET_ADMIN is needed");
	return fail_nl(err);
}

struct event_reader {
	void (*each)(const struct nl_event *event, void *arg);
	void *arg;
};

static int on_event(struct nl_msg *message, void *arg)
{
	struct genlmsghdr *header = nlmsg_data(nlmsg_hdr(message));
	struct event_reader *reader = arg;
	struct nl_event event;

	if (header->cmd != VCTX_CMD_EVENT)
		return NL_OK;
	decode(&event, &event_layout, message);
	reader->each(&event, reader->arg);
	return NL_OK;
}

int nl_events_read(void (*each)(const struct nl_event *event, void *arg),
		   void *arg)
{
	struct event_reader reader = { each, arg };
	int err;

	nl_socket_modify_cb(event_sock, NL_CB_VALID, NL_CB_CUSTOM, on_event,
			    &reader);
	errno = 0;
	err = nl_recvmsgs_default(event_sock);
	if (err >= 0 || err == -NLE_AGAIN)
		return 0;
	/* libnl calls it "out of memory". */
	if (err == -NLE_NOMEM && errno == ENOBUFS)
		return fail(ENOBUFS, NULL);
	return fail_nl(err);
}
