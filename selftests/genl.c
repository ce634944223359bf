// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "genl.h"
#include "vctx_selftest.h"

char genl_text[256];

static int family;

struct answer {
	void (*each)(struct nlattr **attrs, void *arg);
	void *arg;
	int error;
	bool ended;
};

struct nl_sock *genl_open(void)
{
	struct nl_sock *sock = nl_socket_alloc();
	int on = 1;

	REQUIRE(sock);
	REQUIRE(!genl_connect(sock));
	family = genl_ctrl_resolve(sock, VCTX_GENL_NAME);
	REQUIRE(family > 0);
	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_EXT_ACK, &on,
		   sizeof(on));
	nl_socket_disable_auto_ack(sock);
	nl_socket_disable_seq_check(sock);
	return sock;
}

struct nl_msg *genl_request(int cmd, int flags)
{
	struct nl_msg *request = nlmsg_alloc();

	REQUIRE(request);
	/* A dump has an end of its own; an acknowledgement ends any other answer. */
	if (!(flags & NLM_F_DUMP))
		flags |= NLM_F_ACK;
	REQUIRE(genlmsg_put(request, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0,
			    NLM_F_REQUEST | flags, cmd, VCTX_GENL_VERSION));
	return request;
}

static int on_message(struct nl_msg *msg, void *arg)
{
	struct answer *answer = arg;
	struct nlattr *attrs[GENL_MAX_ATTR + 1];

	REQUIRE(!genlmsg_parse(nlmsg_hdr(msg), 0, attrs, GENL_MAX_ATTR, NULL));
	if (answer->each)
		answer->each(attrs, answer->arg);
	return NL_OK;
}

static int on_end(struct nl_msg *msg, void *arg)
{
	(void)msg;
	((struct answer *)arg)->ended = true;
	return NL_STOP;
}

/* The attributes come after the header, or after the whole request. */
static void note_text(const struct nlmsgerr *error)
{
	const struct nlmsghdr *header = (const void *)error - NLMSG_HDRLEN;
	int skip = sizeof(*error);
	struct nlattr *attr;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		skip += error->msg.nlmsg_len - NLMSG_HDRLEN;
	attr = nla_find((void *)error + NLMSG_ALIGN(skip),
			header->nlmsg_len - NLMSG_HDRLEN - NLMSG_ALIGN(skip),
			NLMSGERR_ATTR_MSG);
	if (attr)
		snprintf(genl_text, sizeof(genl_text), "%s",
			 nla_get_string(attr));
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	struct answer *answer = arg;

	(void)from;
	answer->error = error->error;
	answer->ended = true;
	note_text(error);
	return NL_STOP;
}

int genl_call(struct nl_sock *sock, struct nl_msg *request,
	      void (*each)(struct nlattr **attrs, void *arg), void *arg)
{
	struct answer answer = { .each = each, .arg = arg };
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	genl_text[0] = '\0';
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_message, &answer);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, &answer);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, &answer);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, &answer);
	REQUIRE(nl_send_auto(sock, request) >= 0);
	nlmsg_free(request);
	while (!answer.ended)
		REQUIRE(nl_recvmsgs(sock, cb) >= 0 || answer.ended);
	nl_cb_put(cb);
	return answer.error;
}

int genl_listen(struct nl_sock *sock)
{
	int group = genl_ctrl_resolve_grp(sock, VCTX_GENL_NAME,
					  VCTX_GENL_GROUP_EVENTS);

	REQUIRE(group > 0);
	/* The library's own call has no errno. */
	if (setsockopt(nl_socket_get_fd(sock), SOL_NETLINK,
		       NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		return -errno;
	return 0;
}

/* What the answer says of the contexts that were found. */
struct evicted {
	uint32_t ended;
	uint32_t leaving;
};

static void see_evicted(struct nlattr **attrs, void *arg)
{
	struct evicted *evicted = arg;

	evicted->ended = nla_get_u32(attrs[VCTX_A_EVICT_EVICTED]);
	evicted->leaving = nla_get_u32(attrs[VCTX_A_EVICT_LEAVING]);
}

static struct evicted evict(int attr, uint32_t value)
{
	struct nl_sock *sock = genl_open();
	struct nl_msg *request = genl_request(VCTX_CMD_EVICT, 0);
	struct evicted evicted = { };

	if (attr == VCTX_A_EVICT_ALL)
		nla_put_flag(request, attr);
	else
		nla_put_u32(request, attr, value);
	CHECK_EQ(genl_call(sock, request, see_evicted, &evicted), 0);
	nl_socket_free(sock);
	return evicted;
}

int genl_evict(int attr, uint32_t value)
{
	struct evicted evicted = evict(attr, value);

	CHECK_EQ(evicted.leaving, 0U);
	return evicted.ended;
}

int genl_evict_busy(int attr, uint32_t value)
{
	struct evicted evicted = evict(attr, value);

	return evicted.ended + evicted.leaving;
}
