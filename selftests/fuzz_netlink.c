// SPDX-License-Identifier: GPL-2.0-only
/*
 * Malformed and hostile netlink messages and calls of the device, while contexts
 * compute, fork, come and go: each is refused with an errno that is documented and
 * a text, nobody else takes harm, and nothing is left.
 *
 *   VCTX_SEED=N        the same messages again
 *   VCTX_MESSAGES=N    so many for each case
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "genl.h"
#include "vctx_selftest.h"

#define MESSAGES	1500
#define MAX_MESSAGE	70000
#define HEADERS		(NLMSG_HDRLEN + GENL_HDRLEN)
#define NOBODY		65534
#define MAX_ERRNO	200
#define PAGE		4096UL

static uint64_t seed, random_state;
static uint16_t family;

static uint64_t random_next(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 0x2545f4914f6cdd1dULL) >> 16;
}

static uint32_t below(uint32_t limit)
{
	return random_next() % limit;
}

static void seed_for(uint64_t number)
{
	random_state = (seed + number) * 0x9e3779b97f4a7c15ULL | 1;
}

static int messages(void)
{
	const char *given = getenv("VCTX_MESSAGES");

	return given ? atoi(given) : MESSAGES;
}

/* Requests as they should be */

enum kind { U8, U32, STRING, FLAG };

static const struct attribute {
	uint8_t cmd, type;
	enum kind kind;
	uint32_t limit;		/* values below it */
	const char *text;
} attributes[] = {
	{ VCTX_CMD_CONTEXT_GET, VCTX_A_CONTEXT_ID, U32, 5000, NULL },
	{ VCTX_CMD_CONTEXT_GET, VCTX_A_CONTEXT_TID, U32, 1000, NULL },
	{ VCTX_CMD_CONTEXT_GET, VCTX_A_CONTEXT_PID, U32, 1000, NULL },
	{ VCTX_CMD_CONTEXT_GET, VCTX_A_CONTEXT_UID, U32, 2, NULL },
	{ VCTX_CMD_CONTEXT_GET, VCTX_A_CONTEXT_COMM, STRING, 0, "fuzz_netlink" },
	{ VCTX_CMD_CONTEXT_GET, VCTX_A_CONTEXT_CPU, U32, 3, NULL },
	{ VCTX_CMD_CONTEXT_GET, VCTX_A_CONTEXT_STATE, U32, 7, NULL },
	{ VCTX_CMD_CONTEXT_GET, VCTX_A_CONTEXT_TREE, U32, 1000, NULL },
	{ VCTX_CMD_CPU_GET, VCTX_A_CPU_CPU, U32, 4, NULL },
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_ENABLED, U8, 3, NULL },
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_MAX_CONTEXTS, U32, 50, NULL },
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_MAX_PER_USER, U32, 50, NULL },
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_TICK_HOLD, U8, 3, NULL },
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_TICK_UNPRIVILEGED, U8, 3, NULL },
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_TICK_MAX_MS, U32, -1U, NULL },
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_TICK_CPUS, STRING, 0, "0" },
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_TICK_CPUS, STRING, 0, "0-4096" },
	{ VCTX_CMD_EVICT, VCTX_A_EVICT_ID, U32, 5000, NULL },
	{ VCTX_CMD_EVICT, VCTX_A_EVICT_PID, U32, 1000, NULL },
	{ VCTX_CMD_EVICT, VCTX_A_EVICT_TREE, U32, 1000, NULL },
	{ VCTX_CMD_EVICT, VCTX_A_EVICT_ALL, FLAG, 0, NULL },
};

struct message {
	size_t len;	/* that is sent; the header may say another */
	bool mutated;
	union {
		struct nlmsghdr header;
		uint8_t bytes[MAX_MESSAGE];
	};
};

static struct genlmsghdr *genl_of(struct message *message)
{
	return (struct genlmsghdr *)(message->bytes + NLMSG_HDRLEN);
}

static void append(struct message *message, uint16_t type, const void *data,
		   size_t len)
{
	struct nlattr attr = { .nla_len = NLA_HDRLEN + len, .nla_type = type };
	size_t room = NLA_ALIGN(NLA_HDRLEN + len);

	if (message->len + room > sizeof(message->bytes))
		return;
	memset(message->bytes + message->len, 0, room);
	memcpy(message->bytes + message->len, &attr, sizeof(attr));
	if (len)
		memcpy(message->bytes + message->len + NLA_HDRLEN, data, len);
	message->len += room;
	message->header.nlmsg_len = message->len;
}

static void append_valid(struct message *message, const struct attribute *attr)
{
	uint32_t value = attr->limit ? below(attr->limit) : 0;

	switch (attr->kind) {
	case U8:
		append(message, attr->type, &value, 1);
		break;
	case U32:
		append(message, attr->type, &value, 4);
		break;
	case STRING:
		append(message, attr->type, attr->text, strlen(attr->text) + 1);
		break;
	case FLAG:
		append(message, attr->type, NULL, 0);
		break;
	}
}

static void make_valid(struct message *message)
{
	uint8_t cmd = 1 + below(VCTX_CMD_EVICT);
	unsigned int wanted = below(4);
	bool dumps = (cmd == VCTX_CMD_CONTEXT_GET || cmd == VCTX_CMD_CPU_GET) &&
		     below(2);

	message->len = HEADERS;
	message->mutated = false;
	message->header = (struct nlmsghdr){
		.nlmsg_len = HEADERS, .nlmsg_type = family,
		.nlmsg_flags = NLM_F_REQUEST | (dumps ? NLM_F_DUMP : NLM_F_ACK),
		.nlmsg_seq = 1 + below(1000),
	};
	*genl_of(message) = (struct genlmsghdr){
		.cmd = cmd, .version = VCTX_GENL_VERSION,
	};
	if (dumps && cmd == VCTX_CMD_CPU_GET)
		wanted = 0;
	else if (cmd == VCTX_CMD_EVICT)
		wanted = 1;
	for (unsigned int i = 0; wanted && i < 3 * ARRAY_SIZE(attributes); i++) {
		const struct attribute *attr =
			&attributes[below(ARRAY_SIZE(attributes))];

		if (attr->cmd != cmd)
			continue;
		append_valid(message, attr);
		wanted--;
	}
}

/* What can be wrong with them */

/* A random attribute of the message, or NULL. */
static struct nlattr *random_attr(struct message *message)
{
	size_t at = HEADERS, found = 0;
	unsigned int seen = 0;

	while (at + NLA_HDRLEN <= message->len) {
		struct nlattr *attr = (struct nlattr *)(message->bytes + at);

		if (!below(++seen))
			found = at;
		at += NLA_ALIGN(attr->nla_len ?: 4);
	}
	return found ? (struct nlattr *)(message->bytes + found) : NULL;
}

static void flip_bits(struct message *message)
{
	if (message->len <= HEADERS)
		return;
	for (int i = 1 + below(8); i; i--)
		message->bytes[HEADERS + below(message->len - HEADERS)] ^=
			1 << below(8);
}

static void truncate_message(struct message *message)
{
	message->len = below(message->len + 1);
	if (below(2) && message->len >= sizeof(message->header.nlmsg_len))
		message->header.nlmsg_len = message->len;
}

static void wrong_length(struct message *message)
{
	static const uint32_t lengths[] = {
		0, 1, 15, 16, 17, 19, 20, 21, 0x7fffffff, 0x80000000, -1U,
	};

	message->header.nlmsg_len = lengths[below(ARRAY_SIZE(lengths))];
}

static void attr_type(struct message *message)
{
	struct nlattr *attr = random_attr(message);

	if (attr)
		attr->nla_type = below(2) ? below(32) : random_next();
}

static void attr_length(struct message *message)
{
	struct nlattr *attr = random_attr(message);

	if (attr)
		attr->nla_len = below(2) ? below(12) : random_next();
}

static void attr_value(struct message *message)
{
	static const uint32_t values[] = {
		0, 1, 0x7fffffff, 0x80000000, -2U, -1U, 4194304, 65536,
	};
	struct nlattr *attr = random_attr(message);

	if (attr && attr->nla_len >= NLA_HDRLEN + 4 &&
	    (uint8_t *)attr + NLA_HDRLEN + 4 <= message->bytes + message->len)
		memcpy((uint8_t *)attr + NLA_HDRLEN,
		       &values[below(ARRAY_SIZE(values))], 4);
}

static void duplicate(struct message *message)
{
	struct nlattr *attr = random_attr(message);
	uint8_t copy[64];

	if (!attr || attr->nla_len < NLA_HDRLEN || attr->nla_len > 64 ||
	    (uint8_t *)attr + attr->nla_len > message->bytes + message->len)
		return;
	memcpy(copy, (uint8_t *)attr + NLA_HDRLEN, attr->nla_len - NLA_HDRLEN);
	append(message, attr->nla_type, copy, attr->nla_len - NLA_HDRLEN);
}

static void garbage(struct message *message)
{
	uint8_t bytes[256];
	size_t len = below(sizeof(bytes));

	for (size_t i = 0; i < len; i++)
		bytes[i] = random_next();
	if (message->len + len > sizeof(message->bytes))
		return;
	memcpy(message->bytes + message->len, bytes, len);
	message->len += len;
	message->header.nlmsg_len = message->len;
}

static void huge_string(struct message *message)
{
	static const uint16_t types[] = {
		VCTX_A_CONTEXT_COMM, VCTX_A_POLICY_TICK_CPUS, 1, 30,
	};
	size_t len = below(4) ? 4080 + below(40) : below(65000);
	char *text = malloc(len + 1);

	REQUIRE(text);
	memset(text, below(2) ? '0' : ',', len);
	/* With and without its end. */
	text[len] = '\0';
	append(message, types[below(ARRAY_SIZE(types))], text, len + below(2));
	free(text);
}

static void unknown_attr(struct message *message)
{
	uint32_t value = random_next();

	append(message, 20 + below(30), &value, below(5));
}

/* Nests in nests, deeper than any parser should go. */
static void nested(struct message *message)
{
	uint8_t bytes[512];
	size_t at = sizeof(bytes);

	for (int depth = below(100); depth && at > NLA_HDRLEN; depth--) {
		struct nlattr attr = {
			.nla_len = sizeof(bytes) - (at - NLA_HDRLEN),
			.nla_type = NLA_F_NESTED | below(30),
		};

		at -= NLA_HDRLEN;
		memcpy(bytes + at, &attr, sizeof(attr));
	}
	append(message, NLA_F_NESTED | below(30), bytes + at,
	       sizeof(bytes) - at);
}

static void flags(struct message *message)
{
	message->header.nlmsg_flags = below(4) ?
		NLM_F_REQUEST | random_next() : random_next();
}

static void version(struct message *message)
{
	genl_of(message)->version = random_next();
}

static void reserved(struct message *message)
{
	genl_of(message)->reserved = random_next();
}

static void command(struct message *message)
{
	genl_of(message)->cmd = below(2) ? below(12) : random_next();
}

/* Of no family: others are left alone. */
static void message_type(struct message *message)
{
	message->header.nlmsg_type = below(2) ? below(16) : 0xffff;
}

static void (* const mutations[])(struct message *message) = {
	flip_bits, truncate_message, wrong_length, attr_type, attr_length,
	attr_value, duplicate, garbage, huge_string, unknown_attr, nested,
	flags, version, reserved, command, message_type,
};

static void mutate(struct message *message)
{
	for (int i = 1 + below(3); i && message->len >= HEADERS; i--)
		mutations[below(ARRAY_SIZE(mutations))](message);
	message->mutated = true;
}

/* Whether the family is asked at all, and by a whole header of one request. */
static bool reaches_family(const struct message *message)
{
	return message->len >= HEADERS &&
	       message->header.nlmsg_len >= HEADERS &&
	       message->header.nlmsg_len <= message->len &&
	       message->header.nlmsg_type == family &&
	       message->header.nlmsg_flags & NLM_F_REQUEST;
}

static int command_of(const struct message *message)
{
	return reaches_family(message) ?
	       genl_of((struct message *)message)->cmd : 0;
}

static bool changes(const struct message *message)
{
	int cmd = command_of(message);

	return cmd == VCTX_CMD_POLICY_SET || cmd == VCTX_CMD_EVICT;
}

/* What comes back */

/* Of a case, shared with the processes that it makes. */
static struct tally {
	int sent;
	int errors[MAX_ERRNO];
	int answered[VCTX_CMD_MAX + 1];	/* with success */
	uint64_t computed;
	bool over;
} *tally;

/* What nobody in this case may see, and who may not change anything. */
static uint32_t hidden_id;
static bool may_change = true;

static const int documented[] = {
	0, EINVAL, EOPNOTSUPP, EPERM, ENOENT, ESRCH, ERANGE, ENOMEM,
};

static void show(const struct message *message)
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
	/* A dump while another goes on: of netlink itself. */
	return error == EBUSY;
}

/* What the family's own checks refuse comes with a text. */
static bool needs_text(const struct message *message, int error)
{
	return command_of(message) && error && error != ENOMEM &&
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

static bool is_answer_to(const struct message *message,
			 const struct nlmsghdr *request)
{
	return message->len >= NLMSG_HDRLEN &&
	       !memcmp(request, &message->header, sizeof(*request));
}

static void see_error(const struct message *message,
		      const struct nlmsghdr *header)
{
	const struct nlmsgerr *answer = NLMSG_DATA(header);
	int error = -answer->error, cmd = command_of(message);

	CHECK_OF(message, error >= 0 && error < MAX_ERRNO);
	if (error < 0 || error >= MAX_ERRNO)
		return;
	__atomic_add_fetch(&tally->errors[error], 1, __ATOMIC_RELAXED);
	CHECK_OF(message, is_documented(error));
	if (!is_documented(error))
		printf("# errno %d\n", error);
	/* What is behind a length that is too short is a message, too. */
	if (!is_answer_to(message, &answer->msg))
		return;
	if (needs_text(message, error) && !has_text(header)) {
		CHECK_OF(message, !"text in the extended ACK");
		printf("# errno %d\n", error);
	}
	if (!error && cmd > 0 && cmd <= VCTX_CMD_MAX)
		__atomic_add_fetch(&tally->answered[cmd], 1, __ATOMIC_RELAXED);
	if (!changes(message) || may_change)
		return;
	CHECK_OF(message, error);
	if (!message->mutated)
		CHECK_OF(message, error == EPERM || error == ERANGE);
}

static void see_context(const struct message *message, struct nlattr *attrs,
			int len)
{
	struct nlattr *id = nla_find(attrs, len, VCTX_A_CONTEXT_ID);
	struct nlattr *tid = nla_find(attrs, len, VCTX_A_CONTEXT_TID);

	CHECK_OF(message, id && tid);
	if (!id || !tid)
		return;
	CHECK_OF(message, nla_get_u32(id) && nla_get_u32(tid));
	CHECK_OF(message, !hidden_id || nla_get_u32(id) != hidden_id);
}

static void see_answer(const struct message *message,
		       const struct nlmsghdr *header)
{
	const struct genlmsghdr *genl = NLMSG_DATA(header);
	struct nlattr *attrs = (void *)genl + GENL_HDRLEN, *attr;
	int len = header->nlmsg_len - HEADERS, rest;

	CHECK_OF(message, len >= 0 && genl->cmd == command_of(message));
	nla_for_each_attr(attr, attrs, len, rest)
		;
	CHECK_OF(message, rest == 0);
	if (genl->cmd <= VCTX_CMD_MAX)
		__atomic_add_fetch(&tally->answered[genl->cmd], 1,
				   __ATOMIC_RELAXED);
	if (genl->cmd == VCTX_CMD_CONTEXT_GET)
		see_context(message, attrs, len);
}

static void see(const struct message *message, struct nlmsghdr *header, int len)
{
	for (; nlmsg_ok(header, len); header = nlmsg_next(header, &len)) {
		if (header->nlmsg_type == NLMSG_ERROR)
			see_error(message, header);
		else if (header->nlmsg_type == NLMSG_DONE)
			CHECK_OF(message, is_documented(-*(int *)NLMSG_DATA(header)));
		else if (header->nlmsg_type == family)
			see_answer(message, header);
		else
			CHECK_OF(message, message->mutated);
	}
	CHECK_OF(message, len == 0);
}

static int open_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	int on = 1;

	REQUIRE(fd >= 0);
	CHECK(!setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)));
	CHECK(!setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)));
	return fd;
}

static void receive(int fd, const struct message *message)
{
	static _Alignas(8) char answer[1 << 17];
	ssize_t len;

	/* Whoever sends has been answered when send() returns; dumps go on. */
	while ((len = recv(fd, answer, sizeof(answer), MSG_DONTWAIT)) > 0)
		see(message, (struct nlmsghdr *)answer, len);
	CHECK(len < 0 && (errno == EAGAIN || errno == ENOBUFS));
}

/* Of netlink itself, which has limits, and no message without a byte. */
static bool may_not_be_sent(size_t len)
{
	return errno == ENOBUFS || errno == EAGAIN || (errno == ENODATA && !len);
}

static void send_message(int fd, const struct message *message)
{
	if (send(fd, message->bytes, message->len, 0) < 0)
		CHECK_OF(message, may_not_be_sent(message->len));
	__atomic_add_fetch(&tally->sent, 1, __ATOMIC_RELAXED);
}

static struct message message;

/* Two thirds are mutated. */
static void fuzz_one(int fd)
{
	make_valid(&message);
	if (below(3))
		mutate(&message);
	send_message(fd, &message);
}

/* Policy, which a case leaves as it found it */

static struct message policy;

/* The answer to POLICY_GET has what POLICY_SET takes. */
static void read_policy(struct message *into)
{
	struct message request = {
		.len = HEADERS,
		.header = { .nlmsg_len = HEADERS, .nlmsg_type = family,
			    .nlmsg_flags = NLM_F_REQUEST },
	};
	int fd = open_socket();
	ssize_t len;

	genl_of(&request)->cmd = VCTX_CMD_POLICY_GET;
	genl_of(&request)->version = VCTX_GENL_VERSION;
	REQUIRE(send(fd, request.bytes, request.len, 0) == HEADERS);
	len = recv(fd, into->bytes, sizeof(into->bytes), 0);
	REQUIRE(len > (ssize_t)HEADERS &&
		into->header.nlmsg_type == family);
	into->len = len;
	close(fd);
}

static void set_policy(void)
{
	struct { struct nlmsghdr header; struct nlmsgerr error; } answer;
	int fd = open_socket();

	policy.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	genl_of(&policy)->cmd = VCTX_CMD_POLICY_SET;
	REQUIRE(send(fd, policy.bytes, policy.len, 0) == (ssize_t)policy.len);
	REQUIRE(recv(fd, &answer, sizeof(answer), MSG_TRUNC) > 0);
	CHECK_EQ(answer.error.error, 0);
	close(fd);
}

/* Now and then there may be contexts again, whatever the policy has become. */
static void fuzz(int number)
{
	int fd = open_socket();

	for (int i = 0; i < number; i++) {
		if (may_change && i % 50 == 0)
			set_policy();
		fuzz_one(fd);
		receive(fd, &message);
	}
	close(fd);
}

static void expect_policy(void)
{
	struct message now;

	read_policy(&now);
	CHECK_EQ(now.len, policy.len);
	CHECK(!memcmp(now.bytes + HEADERS, policy.bytes + HEADERS,
		      policy.len - HEADERS));
}

/* Contexts that compute, fork, come and go */

static uint64_t compute(uint64_t value)
{
	for (int i = 0; i < 20000; i++)
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
	return value;
}

/* By the policy of the moment, or because it was evicted and got another. */
static bool may_fail(int error)
{
	return !error || error == -EPERM || error == -ENOSPC ||
	       error == -EDQUOT || error == -EINVAL;
}

static void compute_once(uint64_t expected)
{
	int error;

	CHECK(may_fail(error = __ctx_enter(test_fd, CTX_ALL)));
	CHECK_EQ(compute(17), expected);
	if (!below(4)) {
		pid_t pid = fork();

		if (!pid) {
			CHECK_EQ(compute(17), expected);
			_exit(0);
		}
		CHECK_EQ(wait_exit(pid), 0);
	}
	error = __ctx_leave(test_fd);
	CHECK(!error || error == -ENXIO);
	__atomic_add_fetch(&tally->computed, 1, __ATOMIC_RELAXED);
}

static pid_t start_computing(int number)
{
	uint64_t expected = compute(17);
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	seed_for(100 + number);
	while (!tally->over)
		compute_once(expected);
	_exit(0);
}

static pid_t computing[2];

static void begin(uint64_t number)
{
	struct nl_sock *sock = genl_open();

	family = genl_ctrl_resolve(sock, VCTX_GENL_NAME);
	nl_socket_free(sock);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(tally != MAP_FAILED);
	seed_for(number);
	read_policy(&policy);
	for (unsigned int i = 0; i < ARRAY_SIZE(computing); i++)
		computing[i] = start_computing(i);
	while (tally->computed < 2)
		usleep(1000);
}

static void end(void)
{
	uint64_t computed;

	set_policy();
	expect_policy();
	computed = tally->computed;
	while (tally->computed < computed + 4)
		usleep(1000);
	tally->over = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(computing); i++)
		CHECK_EQ(wait_exit(computing[i]), 0);
	if (!tally->sent)
		return;
	printf("# %d messages; answers by errno:", tally->sent);
	for (int error = 0; error < MAX_ERRNO; error++)
		if (tally->errors[error])
			printf(" %s %d", error ? strerrorname_np(error) : "0",
			       tally->errors[error]);
	printf("\n");
}

/* Each command that may be called was also carried out. */
static void expect_answers(void)
{
	for (int cmd = 1; cmd <= VCTX_CMD_EVICT; cmd++) {
		bool denied = !may_change && (cmd == VCTX_CMD_POLICY_SET ||
					      cmd == VCTX_CMD_EVICT);

		CHECK_EQ(tally->answered[cmd] > 0, !denied);
	}
	CHECK_GE(tally->errors[EINVAL], 1);
	CHECK_GE(tally->errors[EOPNOTSUPP], 1);
	CHECK_GE(tally->errors[ERANGE], 1);
	CHECK_GE(tally->errors[may_change ? ESRCH : EPERM], 1);
}

/* Cases: who asks */

/* A context to be seen, and again when it was evicted. */
static pid_t start_entering(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int error = __ctx_enter(test_fd, 0);

		CHECK(may_fail(error) || error == -EALREADY);
		usleep(2000);
	}
}

static void root(const void *arg)
{
	pid_t pid;

	(void)arg;
	begin(1);
	pid = start_entering();
	fuzz(messages());
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	end();
	expect_answers();
}

static void see_id(struct nlattr **attrs, void *into)
{
	*(uint32_t *)into = nla_get_u32(attrs[VCTX_A_CONTEXT_ID]);
}

/* A context that is to outlive the case. */
static pid_t start_sleeping(uint32_t *id)
{
	int ready[2];
	pid_t pid;
	char byte;

	REQUIRE(!pipe2(ready, O_CLOEXEC));
	pid = fork();
	if (!pid) {
		ctx_enter(0);
		REQUIRE(write(ready[1], "x", 1) == 1);
		for (;;)
			pause();
	}
	REQUIRE(read(ready[0], &byte, 1) == 1);
	wait_state(pid, 'S');
	close(ready[0]);
	close(ready[1]);
	*id = 0;
	if (pid > 0) {
		struct nl_sock *sock = genl_open();
		struct nl_msg *request = genl_request(VCTX_CMD_CONTEXT_GET, 0);

		nla_put_u32(request, VCTX_A_CONTEXT_TID, pid);
		CHECK_EQ(genl_call(sock, request, see_id, id), 0);
		nl_socket_free(sock);
	}
	REQUIRE(*id);
	return pid;
}

/* It still has the context that it began with. */
static void stop_sleeping(pid_t pid, uint32_t id)
{
	struct nl_sock *sock = genl_open();
	struct nl_msg *request = genl_request(VCTX_CMD_CONTEXT_GET, 0);
	uint32_t now = 0;

	nla_put_u32(request, VCTX_A_CONTEXT_TID, pid);
	CHECK_EQ(genl_call(sock, request, see_id, &now), 0);
	CHECK_EQ(now, id);
	nl_socket_free(sock);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void fuzz_as_nobody(void)
{
	REQUIRE(!setresgid(NOBODY, NOBODY, NOBODY));
	REQUIRE(!setresuid(NOBODY, NOBODY, NOBODY));
	fuzz(messages());
}

/* All capabilities, but of a user namespace. */
static void fuzz_in_user_namespace(void)
{
	REQUIRE(!unshare(CLONE_NEWUSER | CLONE_NEWNET));
	fuzz(messages());
}

static void denied(const void *arg)
{
	uint32_t id;
	pid_t sleeper;

	begin(arg == fuzz_as_nobody ? 2 : 3);
	sleeper = start_sleeping(&id);
	may_change = false;
	in_child((void (*)(void))arg);
	expect_policy();
	stop_sleeping(sleeper, id);
	end();
	expect_answers();
}

static void fuzz_in_container(void)
{
	pid_t inside;

	CHECK_EQ(getpid(), 1);
	inside = start_entering();
	fuzz(messages());
	kill(inside, SIGKILL);
	waitpid(inside, NULL, 0);
}

static void container(const void *arg)
{
	pid_t sleeper;

	(void)arg;
	begin(4);
	sleeper = start_sleeping(&hidden_id);
	REQUIRE(!unshare(CLONE_NEWPID | CLONE_NEWNET));
	in_child(fuzz_in_container);
	stop_sleeping(sleeper, hidden_id);
	end();
	expect_answers();
}

/* Many in one send, and answers that nobody wants, from several at a time. */
static void fuzz_rudely(void)
{
	static uint8_t batch[1 << 17];
	int limit = 4 * 1024 * 1024;

	for (int i = 0; i < messages() / 10; i++) {
		int fd = open_socket(), parts = below(8);
		size_t len = 0;

		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &limit, sizeof(limit));
		for (int part = 0; part < parts; part++) {
			make_valid(&message);
			if (!below(4))
				mutate(&message);
			if (len + NLMSG_ALIGN(message.len) > sizeof(batch))
				break;
			memcpy(batch + len, message.bytes, message.len);
			len += NLMSG_ALIGN(message.len);
		}
		if (send(fd, batch, len, 0) < 0)
			CHECK(may_not_be_sent(len));
		__atomic_add_fetch(&tally->sent, parts, __ATOMIC_RELAXED);
		for (int part = below(3); part; part--)
			recv(fd, batch, below(sizeof(batch)), MSG_DONTWAIT);
		/* In the middle of a dump, mostly. */
		close(fd);
	}
}

static void rude(const void *arg)
{
	pid_t pids[4];

	(void)arg;
	begin(5);
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		seed_for(200 + i);
		fuzz_rudely();
		_exit(0);
	}
	for (int i = 0; i < 4; i++)
		CHECK_EQ(wait_exit(pids[i]), 0);
	end();
}

/* Calls of the device */

/* Memory of all sorts, and addresses that are none. */
static void *random_pointer(uint8_t *pages)
{
	switch (below(10)) {
	case 0:
		return NULL;
	case 1:
		return (void *)random_next();
	case 2:
		return (void *)(0xffff800000000000ULL | random_next());
	case 3:		/* at the end of what is mapped */
		return pages + PAGE - below(64);
	case 4:		/* read-only */
		return pages + 2 * PAGE + below(64);
	case 5:
		return pages + below(PAGE);
	default:
		return pages + 512 * below(8);
	}
}

static unsigned long random_command(void)
{
	static const unsigned long commands[] = {
		VCTX_IOC_INFO, VCTX_IOC_ENTER, VCTX_IOC_LEAVE, VCTX_IOC_STATS,
	};

	switch (below(8)) {
	case 0:
		return random_next();
	case 1:
		return _IOC(below(4), VCTX_IOC_TYPE, below(8), below(1 << 14));
	default:
		return commands[below(ARRAY_SIZE(commands))];
	}
}

/* A structure every 512 bytes: that of the command, more often than not. */
static void fill(uint8_t *page, unsigned long cmd)
{
	static const uint32_t sizes[] = { 0, 8, 16, 48, 448, 4096, 4097, -1U };

	memset(page, 0, PAGE);
	for (uint8_t *at = page; at < page + PAGE; at += 512) {
		uint32_t size = cmd == VCTX_IOC_INFO ? sizeof(struct vctx_info) :
				cmd == VCTX_IOC_ENTER ? sizeof(struct vctx_enter) :
				sizeof(struct vctx_stats);

		if (!below(4))
			size = sizes[below(ARRAY_SIZE(sizes))];
		memcpy(at, &size, sizeof(size));
		at[4] = cmd == VCTX_IOC_STATS ? below(3) : 0;
		at[8] = cmd == VCTX_IOC_ENTER ? below(16) : 0;
		if (!below(3))
			at[below(64)] = random_next();
	}
}

static const int ioctl_errnos[] = {
	0, EINVAL, E2BIG, EFAULT, ENOTTY, EOPNOTSUPP, EALREADY, ENXIO, EPERM,
	ENOSPC, EDQUOT, ENOMEM, EBUSY,
};

static void expect_ioctl_errno(unsigned long cmd, int error)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(ioctl_errnos); i++)
		if (error == ioctl_errnos[i])
			return;
	printf("# ioctl %#lx: errno %d\n", cmd, error);
	CHECK(!"documented errno");
}

/* What else can be done with a file. */
static void other_call(uint8_t *pages)
{
	size_t len = below(4) * PAGE;
	void *map;

	switch (below(4)) {
	case 0:
		CHECK(read(test_fd, pages, below(PAGE)) <= 0);
		break;
	case 1:
		CHECK(write(test_fd, pages, below(PAGE)) <= 0);
		break;
	case 2:
		lseek(test_fd, random_next(), below(5));
		break;
	default:
		map = mmap(NULL, len, below(8),
			   below(2) ? MAP_SHARED : MAP_PRIVATE, test_fd,
			   below(3) * PAGE);
		if (map != MAP_FAILED)
			munmap(map, len);
	}
}

static void ioctls(const void *arg)
{
	/* Pages: to write to, none, to read from, none. */
	uint8_t *pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int counts[MAX_ERRNO] = { };

	(void)arg;
	REQUIRE(pages != MAP_FAILED);
	begin(6);
	fill(pages + 2 * PAGE, VCTX_IOC_ENTER);
	CHECK(!mprotect(pages + PAGE, PAGE, PROT_NONE));
	CHECK(!mprotect(pages + 2 * PAGE, PAGE, PROT_READ));
	CHECK(!mprotect(pages + 3 * PAGE, PAGE, PROT_NONE));
	for (int i = 0; i < 10 * messages(); i++) {
		unsigned long cmd = random_command();
		int error;

		fill(pages, cmd);
		error = ioctl(test_fd, cmd, random_pointer(pages)) ? errno : 0;
		expect_ioctl_errno(cmd, error);
		counts[error]++;
		if (!below(50))
			other_call(pages);
	}
	printf("# ioctls by errno:");
	for (int error = 0; error < MAX_ERRNO; error++)
		if (counts[error])
			printf(" %s %d", error ? strerrorname_np(error) : "0",
			       counts[error]);
	printf("\n");
	CHECK_GE(counts[0], 1);
	CHECK_GE(counts[EFAULT], 1);
	CHECK_GE(counts[EINVAL], 1);
	CHECK_GE(counts[EALREADY], 1);
	__ctx_leave(test_fd);
	end();
}

/* What is left */

/* Objects of the general caches and of the module's own. */
static long objects(void)
{
	FILE *file = fopen("/proc/slabinfo", "re");
	char line[256], name[64];
	long active, sum = 0;

	REQUIRE(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %ld", name, &active) == 2 &&
		    (!strncmp(name, "kmalloc-", 8) || !strncmp(name, "vctx", 4)))
			sum += active;
	fclose(file);
	return sum;
}

static void abort_dumps(int number)
{
	for (int i = 0; i < number; i++) {
		int fd = open_socket();

		make_valid(&message);
		genl_of(&message)->cmd = VCTX_CMD_CONTEXT_GET;
		message.len = HEADERS;
		message.header.nlmsg_len = HEADERS;
		message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		send_message(fd, &message);
		close(fd);
	}
}

static long settled_objects(void)
{
	/* What RCU frees is gone by then. */
	usleep(200000);
	return objects();
}

static int reference_count(void)
{
	FILE *file = fopen("/sys/module/vcontext/refcnt", "re");
	int count = -1;

	REQUIRE(file && fscanf(file, "%d", &count) == 1);
	fclose(file);
	return count;
}

static int reload(void)
{
	return __module_unload("vcontext") ?: __module_load("vcontext");
}

static void nothing_left(const void *arg)
{
	int number = 2 * messages();
	struct vctx_info info;
	long before, after;
	int fd;

	(void)arg;
	test_fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);
	REQUIRE(test_fd >= 0);
	begin(7);
	abort_dumps(200);
	fuzz(200);
	before = settled_objects();
	abort_dumps(number);
	fuzz(number);
	after = settled_objects();
	printf("# objects of the kernel's caches: %ld before, %ld after\n",
	       before, after);
	CHECK_LE(after - before, number / 2);
	end();
	usleep(100000);
	CHECK_EQ(__ctx_info(test_fd, &info), 0);
	CHECK_EQ(info.contexts, 0U);
	close(test_fd);
	test_fd = -1;
	for (int i = 0; i < 100 && reference_count(); i++)
		usleep(10000);
	CHECK_EQ(reference_count(), 0);
	CHECK_EQ(reload(), 0);
	fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);
	CHECK_EQ(__ctx_enter(fd, 0), 0);
	CHECK_EQ(__ctx_leave(fd), 0);
	close(fd);
}

/* Whether the module is there. */
static bool find_family(struct nl_sock *sock)
{
	int found = genl_ctrl_resolve(sock, VCTX_GENL_NAME);

	family = found > 0 ? found : 0;
	return found > 0;
}

static void set_policies_while_loaded(struct nl_sock *sock)
{
	int fd = nl_socket_get_fd(sock), group;
	char answer[PAGE];

	if (!find_family(sock))
		return;
	group = genl_ctrl_resolve_grp(sock, VCTX_GENL_NAME,
				      VCTX_GENL_GROUP_EVENTS);
	if (group > 0)
		nl_socket_add_membership(sock, group);
	policy.header.nlmsg_type = family;
	policy.header.nlmsg_flags = NLM_F_REQUEST;
	genl_of(&policy)->cmd = VCTX_CMD_POLICY_SET;
	for (int i = 0; i < 50; i++) {
		send(fd, policy.bytes, policy.len, 0);
		while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0)
			;
	}
}

/* Each change is an event, and somebody listens. */
static pid_t start_setting_policies(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		struct nl_sock *sock = nl_socket_alloc();

		REQUIRE(sock && !genl_connect(sock));
		set_policies_while_loaded(sock);
		nl_socket_free(sock);
	}
}

static void unloaded_meanwhile(const void *arg)
{
	struct nl_sock *sock = nl_socket_alloc();
	uint64_t until = now_ns() + test_seconds / 2 * NSEC_PER_SEC;
	int wanted = rounds(5), done = 0;
	pid_t pids[2];

	(void)arg;
	REQUIRE(sock && !genl_connect(sock) && find_family(sock));
	read_policy(&policy);
	nl_socket_free(sock);
	for (int i = 0; i < 2; i++)
		pids[i] = start_setting_policies();
	while (done < wanted && (!done || now_ns() < until)) {
		int error = reload();

		CHECK(!error || error == -EWOULDBLOCK || error == -EBUSY);
		done += !error;
		usleep(5000);
	}
	for (int i = 0; i < 2; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}

#define FLAGS	(T_DEVICE | T_SELF)
#define CASE(fn)	{ #fn, fn, NULL, FLAGS }

static const struct test tests[] = {
	CASE(root),
	{ "unprivileged", denied, fuzz_as_nobody, FLAGS },
	{ "user_namespace", denied, fuzz_in_user_namespace, FLAGS },
	CASE(container),
	CASE(rude),
	CASE(ioctls),
	{ "nothing_left", nothing_left, NULL, FLAGS | T_ALONE },
	{ "unloaded_meanwhile", unloaded_meanwhile, NULL, FLAGS | T_ALONE },
};

int main(int argc, char **argv)
{
	const char *given = getenv("VCTX_SEED");

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)getpid();
	printf("# seed %llu\n", (unsigned long long)seed);
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
