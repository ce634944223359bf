/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Malformed and hostile netlink messages, what has to come back, and contexts that
 * compute, fork, come and go meanwhile.
 *
 *   VCTX_SEED=N        the same messages again
 *   VCTX_MESSAGES=N    N messages for each case
 */
#ifndef VCTX_FUZZ_NETLINK_H
#define VCTX_FUZZ_NETLINK_H

#include <linux/genetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/vcontext_netlink.h>

#include "vctx_selftest.h"

#define MAX_MESSAGE	70000
#define HEADERS		(NLMSG_HDRLEN + GENL_HDRLEN)
#define MAX_ERRNO	200

/* ---- fuzz_message.c ---- */

/* Begins the random choices of the case that has a number. */
void fuzz_seed(uint64_t number);
uint64_t fuzz_random(void);
uint32_t fuzz_below(uint32_t limit);

/* How many messages a case sends. */
int fuzz_messages(void);

/* test_main() of a program that makes random choices: it prints the seed. */
int fuzz_main(const struct test *tests, size_t nr, int argc, char **argv);

struct fuzz_message {
	size_t len;	/* of what is sent; the header may say otherwise */
	bool mutated;
	union {
		struct nlmsghdr header;
		uint8_t bytes[MAX_MESSAGE];
	};
};

/* The number of the family, which fuzz_begin() finds. */
extern uint16_t fuzz_family;

struct genlmsghdr *fuzz_genl(struct fuzz_message *message);
void fuzz_make_valid(struct fuzz_message *message);
void fuzz_mutate(struct fuzz_message *message);

/* The command of a message that reaches the family with a whole header, or 0. */
int fuzz_command(const struct fuzz_message *message);

/* ---- fuzz_answer.c ---- */

/* What a case counts, shared with the processes that it starts. */
extern struct fuzz_tally {
	int sent;
	int errors[MAX_ERRNO];
	int answered[VCTX_CMD_MAX + 1];	/* with success */
	uint64_t computed;
	bool over;
} *fuzz_tally;

/* A context that nobody in this case may see; whether the sender may change anything. */
extern uint32_t fuzz_hidden_id;
extern bool fuzz_may_change;

int fuzz_socket(void);
void fuzz_send(int fd, const struct fuzz_message *message);

/* Receives all that has come so far, and checks it as the answer to a message. */
void fuzz_receive(int fd, const struct fuzz_message *message);

/* Whether errno says that netlink itself refuses to send so many bytes. */
bool fuzz_may_not_be_sent(size_t len);

/* Each command that may be called was also carried out, and each refusal was seen. */
void fuzz_expect_answers(void);

/* ---- fuzz_load.c ---- */

/* The policy that a case leaves as it found it. */
extern struct fuzz_message fuzz_policy;
void fuzz_read_policy(struct fuzz_message *into);
void fuzz_set_policy(void);
void fuzz_expect_policy(void);

/* Finds the family and the policy, and starts two processes that compute in contexts. */
void fuzz_begin(uint64_t number);

/* The policy is what it was, and the two processes went on and computed the right value. */
void fuzz_end(void);

/* Sends a number of messages from one socket, two thirds of them mutated. */
void fuzz_send_many(int number);

/* Whether entering may fail with an errno, under the policy of the moment. */
bool fuzz_may_fail(int error);

/* Unloads the module and loads it again. */
int fuzz_reload(void);

#endif /* VCTX_FUZZ_NETLINK_H */
