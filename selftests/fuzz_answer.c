// SPDX-License-Identifier: GPL-2.0-only
/* Messages are sent, and their answers checked. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "fuzz_netlink.h"

struct fuzz_tally *fuzz_tally;
uint32_t fuzz_hidden_id;
bool fuzz_may_change = true;

static bool changes(const struct fuzz_message *message)
{
	int cmd = fuzz_command(message);

	return cmd == VCTX_CMD_POLICY_SET || cmd == VCTX_CMD_EVICT;
}

static const int documented[] = {
	0, EINVAL, EOPNOTSUPP, EPERM, ENOENT, ESRCH, ERANGE, ENOMEM,
};

static void show(const struct fuzz_message *message)
{
	printf("# message:");
	for (size_t i = 0; i < message->len && i < 128; i++)
		printf(" %02x", message->bytes[i]);
	printf("%s, of %zu\n", message->len > 128 ? "..." : "", message->len);
}

#define CHECK_OF(message, cond)						\
do {									\
	if (!(cond)) {							\
		test_failed(__FILE__, __LINE__, #cond, 0, 0);		\
		show(message);						\
	}								\
} while (0)

static bool is_documented(int error)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(documented); i++)
		if (error == documented[i])
			return true;
	/* Netlink itself refuses a dump while another goes on. */
	return error == EBUSY;
}

/* The family's own checks refuse with a text. */
static bool needs_text(const struct fuzz_message *message, int error)
{
	return fuzz_command(message) && error && error != ENOMEM &&
	       error != EOPNOTSUPP && error != EBUSY;
}

static bool has_text(const struct nlmsghdr *header)
{
	struct nlattr *attr;
	int skip = NLMSG_ALIGN(sizeof(struct nlmsgerr));

	/* NETLINK_CAP_ACK: the request is not repeated. */
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return false;
	attr = nla_find(NLMSG_DATA(header) + skip,
			header->nlmsg_len - NLMSG_HDRLEN - skip,
			NLMSGERR_ATTR_MSG);
	return attr && nla_len(attr) > 1 &&
	       ((char *)nla_data(attr))[nla_len(attr) - 1] == '\0';
}

static bool is_answer_to(const struct fuzz_message *message,
			 const struct nlmsghdr *request)
{
	return message->len >= NLMSG_HDRLEN &&
	       !memcmp(request, &message->header, sizeof(*request));
}

static void see_error(const struct fuzz_message *message,
		      const struct nlmsghdr *header)
{
	const struct nlmsgerr *answer = NLMSG_DATA(header);
	int error = -answer->error, cmd = fuzz_command(message);

	CHECK_OF(message, error >= 0 && error < MAX_ERRNO);
	if (error < 0 || error >= MAX_ERRNO)
		return;
	__atomic_add_fetch(&fuzz_tally->errors[error], 1, __ATOMIC_RELAXED);
	CHECK_OF(message, is_documented(error));
	if (!is_documented(error))
		printf("# errno %d\n", error);
	/* If a length is too short, the bytes behind it are taken for another message. */
	if (!is_answer_to(message, &answer->msg))
		return;
	if (needs_text(message, error) && !has_text(header)) {
		CHECK_OF(message, !"text in the extended ACK");
		printf("# errno %d\n", error);
	}
	if (!error && cmd > 0 && cmd <= VCTX_CMD_MAX)
		__atomic_add_fetch(&fuzz_tally->answered[cmd], 1, __ATOMIC_RELAXED);
	if (!changes(message) || fuzz_may_change)
		return;
	CHECK_OF(message, error);
	if (!message->mutated)
		CHECK_OF(message, error == EPERM || error == ERANGE);
}

static void see_context(const struct fuzz_message *message, struct nlattr *attrs,
			int len)
{
	struct nlattr *id = nla_find(attrs, len, VCTX_A_CONTEXT_ID);
	struct nlattr *tid = nla_find(attrs, len, VCTX_A_CONTEXT_TID);

	CHECK_OF(message, id && tid);
	if (!id || !tid)
		return;
	CHECK_OF(message, nla_get_u32(id) && nla_get_u32(tid));
	CHECK_OF(message, !fuzz_hidden_id || nla_get_u32(id) != fuzz_hidden_id);
}

static void see_answer(const struct fuzz_message *message,
		       const struct nlmsghdr *header)
{
	const struct genlmsghdr *genl = NLMSG_DATA(header);
	struct nlattr *attrs = (void *)genl + GENL_HDRLEN, *attr;
	int len = header->nlmsg_len - HEADERS, rest;

	CHECK_OF(message, len >= 0 && genl->cmd == fuzz_command(message));
	nla_for_each_attr(attr, attrs, len, rest)
		;
	CHECK_OF(message, rest == 0);
	if (genl->cmd <= VCTX_CMD_MAX)
		__atomic_add_fetch(&fuzz_tally->answered[genl->cmd], 1,
				   __ATOMIC_RELAXED);
	if (genl->cmd == VCTX_CMD_CONTEXT_GET)
		see_context(message, attrs, len);
}

static void see(const struct fuzz_message *message, struct nlmsghdr *header, int len)
{
	for (; nlmsg_ok(header, len); header = nlmsg_next(header, &len)) {
		if (header->nlmsg_type == NLMSG_ERROR)
			see_error(message, header);
		else if (header->nlmsg_type == NLMSG_DONE)
			CHECK_OF(message, is_documented(-*(int *)NLMSG_DATA(header)));
		else if (header->nlmsg_type == fuzz_family)
			see_answer(message, header);
		else
			CHECK_OF(message, message->mutated);
	}
	CHECK_OF(message, len == 0);
}

int fuzz_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	int on = 1;

	REQUIRE(fd >= 0);
	CHECK(!setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)));
	CHECK(!setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)));
	return fd;
}

void fuzz_receive(int fd, const struct fuzz_message *message)
{
	static _Alignas(8) char answer[1 << 17];
	ssize_t len;

	/* Whoever sends has been answered when send() returns; dumps go on. */
	while ((len = recv(fd, answer, sizeof(answer), MSG_DONTWAIT)) > 0)
		see(message, (struct nlmsghdr *)answer, len);
	CHECK(len < 0 && (errno == EAGAIN || errno == ENOBUFS));
}

/* Netlink itself has limits, and sends no message without a byte. */
bool fuzz_may_not_be_sent(size_t len)
{
	return errno == ENOBUFS || errno == EAGAIN || (errno == ENODATA && !len);
}

void fuzz_send(int fd, const struct fuzz_message *message)
{
	if (send(fd, message->bytes, message->len, 0) < 0)
		CHECK_OF(message, fuzz_may_not_be_sent(message->len));
	__atomic_add_fetch(&fuzz_tally->sent, 1, __ATOMIC_RELAXED);
}

/* Each command that may be called was also carried out. */
void fuzz_expect_answers(void)
{
	for (int cmd = 1; cmd <= VCTX_CMD_EVICT; cmd++) {
		bool denied = !fuzz_may_change &&
			      (cmd == VCTX_CMD_POLICY_SET || cmd == VCTX_CMD_EVICT);

		CHECK_EQ(fuzz_tally->answered[cmd] > 0, !denied);
	}
	CHECK_GE(fuzz_tally->errors[EINVAL], 1);
	CHECK_GE(fuzz_tally->errors[EOPNOTSUPP], 1);
	CHECK_GE(fuzz_tally->errors[ERANGE], 1);
	CHECK_GE(fuzz_tally->errors[fuzz_may_change ? ESRCH : EPERM], 1);
}
