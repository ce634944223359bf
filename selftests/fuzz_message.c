// SPDX-License-Identifier: GPL-2.0-only
/* Requests as they should be, and what can be wrong with them. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "fuzz_netlink.h"

#define MESSAGES	1500

uint16_t fuzz_family;
static uint64_t random_state;

static uint64_t seed;

uint64_t fuzz_random(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 0x2545f4914f6cdd1dULL) >> 16;
}

uint32_t fuzz_below(uint32_t limit)
{
	return fuzz_random() % limit;
}

void fuzz_seed(uint64_t number)
{
	random_state = (seed + number) * 0x9e3779b97f4a7c15ULL | 1;
}

int fuzz_messages(void)
{
	const char *given = getenv("VCTX_MESSAGES");

	return given ? atoi(given) : MESSAGES;
}

/* Requests as they should be */

struct genlmsghdr *fuzz_genl(struct fuzz_message *message)
{
	return (struct genlmsghdr *)(message->bytes + NLMSG_HDRLEN);
}

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
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_SHARE, U8, 3, NULL },
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_PAGING, U32, 4, NULL },
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_MIN_STAY_US, U32, -1U, NULL },
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_BELLS, U8, 3, NULL },
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_BELL_TIMER_US, U32, -1U, NULL },
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_TICK_CPUS, STRING, 0, "0" },
	{ VCTX_CMD_POLICY_SET, VCTX_A_POLICY_TICK_CPUS, STRING, 0, "0-4096" },
	{ VCTX_CMD_EVICT, VCTX_A_EVICT_ID, U32, 5000, NULL },
	{ VCTX_CMD_EVICT, VCTX_A_EVICT_PID, U32, 1000, NULL },
	{ VCTX_CMD_EVICT, VCTX_A_EVICT_TREE, U32, 1000, NULL },
	{ VCTX_CMD_EVICT, VCTX_A_EVICT_ALL, FLAG, 0, NULL },
};

static void append(struct fuzz_message *message, uint16_t type, const void *data,
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

static void append_valid(struct fuzz_message *message, const struct attribute *attr)
{
	uint32_t value = attr->limit ? fuzz_below(attr->limit) : 0;

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

void fuzz_make_valid(struct fuzz_message *message)
{
	uint8_t cmd = 1 + fuzz_below(VCTX_CMD_EVICT);
	unsigned int wanted = fuzz_below(4);
	bool dumps = (cmd == VCTX_CMD_CONTEXT_GET || cmd == VCTX_CMD_CPU_GET) &&
		     fuzz_below(2);

	message->len = HEADERS;
	message->mutated = false;
	message->header = (struct nlmsghdr){
		.nlmsg_len = HEADERS, .nlmsg_type = fuzz_family,
		.nlmsg_flags = NLM_F_REQUEST | (dumps ? NLM_F_DUMP : NLM_F_ACK),
		.nlmsg_seq = 1 + fuzz_below(1000),
	};
	*fuzz_genl(message) = (struct genlmsghdr){
		.cmd = cmd, .version = VCTX_GENL_VERSION,
	};
	if (dumps && cmd == VCTX_CMD_CPU_GET)
		wanted = 0;
	else if (cmd == VCTX_CMD_EVICT)
		wanted = 1;
	for (unsigned int i = 0; wanted && i < 3 * ARRAY_SIZE(attributes); i++) {
		const struct attribute *attr =
			&attributes[fuzz_below(ARRAY_SIZE(attributes))];

		if (attr->cmd != cmd)
			continue;
		append_valid(message, attr);
		wanted--;
	}
}

/* What can be wrong with them */

/* A random attribute of the message, or NULL. */
static struct nlattr *random_attr(struct fuzz_message *message)
{
	size_t at = HEADERS, found = 0;
	unsigned int seen = 0;

	while (at + NLA_HDRLEN <= message->len) {
		struct nlattr *attr = (struct nlattr *)(message->bytes + at);

		if (!fuzz_below(++seen))
			found = at;
		at += NLA_ALIGN(attr->nla_len ?: 4);
	}
	return found ? (struct nlattr *)(message->bytes + found) : NULL;
}

static void flip_bits(struct fuzz_message *message)
{
	if (message->len <= HEADERS)
		return;
	for (int i = 1 + fuzz_below(8); i; i--)
		message->bytes[HEADERS + fuzz_below(message->len - HEADERS)] ^=
			1 << fuzz_below(8);
}

static void truncate_message(struct fuzz_message *message)
{
	message->len = fuzz_below(message->len + 1);
	if (fuzz_below(2) && message->len >= sizeof(message->header.nlmsg_len))
		message->header.nlmsg_len = message->len;
}

static void wrong_length(struct fuzz_message *message)
{
	static const uint32_t lengths[] = {
		0, 1, 15, 16, 17, 19, 20, 21, 0x7fffffff, 0x80000000, -1U,
	};

	message->header.nlmsg_len = lengths[fuzz_below(ARRAY_SIZE(lengths))];
}

static void attr_type(struct fuzz_message *message)
{
	struct nlattr *attr = random_attr(message);

	if (attr)
		attr->nla_type = fuzz_below(2) ? fuzz_below(32) : fuzz_random();
}

static void attr_length(struct fuzz_message *message)
{
	struct nlattr *attr = random_attr(message);

	if (attr)
		attr->nla_len = fuzz_below(2) ? fuzz_below(12) : fuzz_random();
}

static void attr_value(struct fuzz_message *message)
{
	static const uint32_t values[] = {
		0, 1, 0x7fffffff, 0x80000000, -2U, -1U, 4194304, 65536,
	};
	struct nlattr *attr = random_attr(message);

	if (attr && attr->nla_len >= NLA_HDRLEN + 4 &&
	    (uint8_t *)attr + NLA_HDRLEN + 4 <= message->bytes + message->len)
		memcpy((uint8_t *)attr + NLA_HDRLEN,
		       &values[fuzz_below(ARRAY_SIZE(values))], 4);
}

static void duplicate(struct fuzz_message *message)
{
	struct nlattr *attr = random_attr(message);
	uint8_t copy[64];

	if (!attr || attr->nla_len < NLA_HDRLEN || attr->nla_len > 64 ||
	    (uint8_t *)attr + attr->nla_len > message->bytes + message->len)
		return;
	memcpy(copy, (uint8_t *)attr + NLA_HDRLEN, attr->nla_len - NLA_HDRLEN);
	append(message, attr->nla_type, copy, attr->nla_len - NLA_HDRLEN);
}

static void garbage(struct fuzz_message *message)
{
	uint8_t bytes[256];
	size_t len = fuzz_below(sizeof(bytes));

	for (size_t i = 0; i < len; i++)
		bytes[i] = fuzz_random();
	if (message->len + len > sizeof(message->bytes))
		return;
	memcpy(message->bytes + message->len, bytes, len);
	message->len += len;
	message->header.nlmsg_len = message->len;
}

static void huge_string(struct fuzz_message *message)
{
	static const uint16_t types[] = {
		VCTX_A_CONTEXT_COMM, VCTX_A_POLICY_TICK_CPUS, 1, 30,
	};
	size_t len = fuzz_below(4) ? 4080 + fuzz_below(40) : fuzz_below(65000);
	char *text = malloc(len + 1);

	REQUIRE(text);
	memset(text, fuzz_below(2) ? '0' : ',', len);
	/* The null byte at the end is sent or not. */
	text[len] = '\0';
	append(message, types[fuzz_below(ARRAY_SIZE(types))], text, len + fuzz_below(2));
	free(text);
}

static void unknown_attr(struct fuzz_message *message)
{
	uint32_t value = fuzz_random();

	append(message, 20 + fuzz_below(30), &value, fuzz_below(5));
}

/* Nests in nests, deeper than any parser should go. */
static void nested(struct fuzz_message *message)
{
	uint8_t bytes[512];
	size_t at = sizeof(bytes);

	for (int depth = fuzz_below(100); depth && at > NLA_HDRLEN; depth--) {
		struct nlattr attr = {
			.nla_len = sizeof(bytes) - (at - NLA_HDRLEN),
			.nla_type = NLA_F_NESTED | fuzz_below(30),
		};

		at -= NLA_HDRLEN;
		memcpy(bytes + at, &attr, sizeof(attr));
	}
	append(message, NLA_F_NESTED | fuzz_below(30), bytes + at,
	       sizeof(bytes) - at);
}

static void flags(struct fuzz_message *message)
{
	message->header.nlmsg_flags = fuzz_below(4) ?
		NLM_F_REQUEST | fuzz_random() : fuzz_random();
}

static void version(struct fuzz_message *message)
{
	fuzz_genl(message)->version = fuzz_random();
}

static void reserved(struct fuzz_message *message)
{
	fuzz_genl(message)->reserved = fuzz_random();
}

static void command(struct fuzz_message *message)
{
	fuzz_genl(message)->cmd = fuzz_below(2) ? fuzz_below(12) : fuzz_random();
}

/* No family has this type, so that other families are left alone. */
static void message_type(struct fuzz_message *message)
{
	message->header.nlmsg_type = fuzz_below(2) ? fuzz_below(16) : 0xffff;
}

static void (* const mutations[])(struct fuzz_message *message) = {
	flip_bits, truncate_message, wrong_length, attr_type, attr_length,
	attr_value, duplicate, garbage, huge_string, unknown_attr, nested,
	flags, version, reserved, command, message_type,
};

void fuzz_mutate(struct fuzz_message *message)
{
	for (int i = 1 + fuzz_below(3); i && message->len >= HEADERS; i--)
		mutations[fuzz_below(ARRAY_SIZE(mutations))](message);
	message->mutated = true;
}

/* Whether the family gets the message, as a request with a whole header. */
static bool reaches_family(const struct fuzz_message *message)
{
	return message->len >= HEADERS &&
	       message->header.nlmsg_len >= HEADERS &&
	       message->header.nlmsg_len <= message->len &&
	       message->header.nlmsg_type == fuzz_family &&
	       message->header.nlmsg_flags & NLM_F_REQUEST;
}

int fuzz_command(const struct fuzz_message *message)
{
	return reaches_family(message) ?
	       fuzz_genl((struct fuzz_message *)message)->cmd : 0;
}

int fuzz_main(const struct test *tests, size_t nr, int argc, char **argv)
{
	const char *given = getenv("VCTX_SEED");

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)getpid();
	printf("# seed %llu\n", (unsigned long long)seed);
	return test_main(tests, nr, argc, argv);
}
