// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to the module over generic netlink.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netlink.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "common/alloc.h"
#include "nl.h"
#include "nl_codec.h"
#include "nl_error.h"
#include "nl_socket.h"

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

static struct nl_sock *sock;
static int family;

/* The answer to a request: structures in an array that grows. */
struct answer {
	const struct nl_layout *layout;
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
	nl_decode(answer->structures + answer->count++ * size, answer->layout,
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

	/* The message has the request in it, unless that was cut off. */
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		length += error->msg.nlmsg_len - sizeof(error->msg);
	answer->ended = true;
	answer->status = nl_fail(-error->error, ack_text(header, length));
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
		answer->status = nl_fail(-error, ack_text(header, sizeof(error)));
	answer->ended = true;
	return NL_STOP;
}

/* A context that exists all the time is in the dump in any case: go on. */
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
		answer->status = nl_fail_libnl(err);
	return answer->status;
}

/* On failure there are no structures. */
static int ask(int command, int flags, const void *request,
	       const struct nl_layout *layout, struct answer *answer)
{
	struct nl_msg *message;
	int err;

	if (!sock) {
		err = nl_socket_open(&sock, &family);
		if (err)
			return err;
	}
	message = nl_encode(family, command, flags, request, layout);
	err = nl_send_auto(sock, message);
	nlmsg_free(message);
	err = err < 0 ? nl_fail_libnl(err) : receive(answer);
	if (err) {
		free(answer->structures);
		answer->structures = NULL;
		answer->count = 0;
	}
	return err;
}

/* A request with one answer; @structure may be the request itself. */
static int ask_one(int command, const void *request, const struct nl_layout *layout,
		   void *structure)
{
	struct answer answer = { .layout = layout };
	int err = ask(command, 0, request, layout, &answer);

	if (err)
		return err;
	if (!answer.count)
		return nl_fail(EPROTO, "the module has not answered; load the module of this version");
	memcpy(structure, answer.structures, layout->size);
	free(answer.structures);
	return 0;
}

static int ask_all(int command, const void *request, const struct nl_layout *layout,
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
	return ask_one(VCTX_CMD_MODULE_GET, NULL, &nl_module_layout, module);
}

int nl_policy_get(struct nl_policy *policy)
{
	return ask_one(VCTX_CMD_POLICY_GET, NULL, &nl_policy_layout, policy);
}

int nl_policy_set(const struct nl_policy *policy)
{
	struct answer answer = { .layout = &nl_policy_layout };
	int err = ask(VCTX_CMD_POLICY_SET, 0, policy, &nl_policy_layout, &answer);

	free(answer.structures);
	return err;
}

int nl_context_get(struct nl_context *context)
{
	return ask_one(VCTX_CMD_CONTEXT_GET, context, &nl_context_layout, context);
}

int nl_contexts(const struct nl_context *filter, struct nl_context **contexts,
		size_t *count)
{
	return ask_all(VCTX_CMD_CONTEXT_GET, filter, &nl_context_layout,
		       (void **)contexts, count);
}

int nl_cpus(struct nl_cpu **cpus, size_t *count)
{
	return ask_all(VCTX_CMD_CPU_GET, NULL, &nl_cpu_layout, (void **)cpus, count);
}

int nl_evict(struct nl_evict *evict)
{
	return ask_one(VCTX_CMD_EVICT, evict, &nl_evict_layout, evict);
}
