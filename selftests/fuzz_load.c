// SPDX-License-Identifier: GPL-2.0-only
/* Contexts that compute, fork, come and go, and the policy that says which may. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "fuzz_netlink.h"
#include "genl.h"

/* The policy */

struct fuzz_message fuzz_policy;

/* The answer to POLICY_GET has what POLICY_SET takes. */
void fuzz_read_policy(struct fuzz_message *into)
{
	struct fuzz_message request = {
		.len = HEADERS,
		.header = { .nlmsg_len = HEADERS, .nlmsg_type = fuzz_family,
			    .nlmsg_flags = NLM_F_REQUEST },
	};
	int fd = fuzz_socket();
	ssize_t len;

	fuzz_genl(&request)->cmd = VCTX_CMD_POLICY_GET;
	fuzz_genl(&request)->version = VCTX_GENL_VERSION;
	REQUIRE(send(fd, request.bytes, request.len, 0) == HEADERS);
	len = recv(fd, into->bytes, sizeof(into->bytes), 0);
	REQUIRE(len > (ssize_t)HEADERS &&
		into->header.nlmsg_type == fuzz_family);
	into->len = len;
	close(fd);
}

void fuzz_set_policy(void)
{
	struct { struct nlmsghdr header; struct nlmsgerr error; } answer;
	int fd = fuzz_socket();

	fuzz_policy.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	fuzz_genl(&fuzz_policy)->cmd = VCTX_CMD_POLICY_SET;
	REQUIRE(send(fd, fuzz_policy.bytes, fuzz_policy.len, 0) == (ssize_t)fuzz_policy.len);
	REQUIRE(recv(fd, &answer, sizeof(answer), MSG_TRUNC) > 0);
	CHECK_EQ(answer.error.error, 0);
	close(fd);
}

void fuzz_expect_policy(void)
{
	struct fuzz_message now;

	fuzz_read_policy(&now);
	CHECK_EQ(now.len, fuzz_policy.len);
	CHECK(!memcmp(now.bytes + HEADERS, fuzz_policy.bytes + HEADERS,
		      fuzz_policy.len - HEADERS));
}

/* A message at a time */

static struct fuzz_message message;

/* Sends a message; two thirds of them are mutated. */
static void fuzz_one(int fd)
{
	fuzz_make_valid(&message);
	if (fuzz_below(3))
		fuzz_mutate(&message);
	fuzz_send(fd, &message);
}

/* Now and then the policy is set back, so that there may be contexts again. */
void fuzz_send_many(int number)
{
	int fd = fuzz_socket();

	for (int i = 0; i < number; i++) {
		if (fuzz_may_change && i % 50 == 0)
			fuzz_set_policy();
		fuzz_one(fd);
		fuzz_receive(fd, &message);
	}
	close(fd);
}

/* Processes that compute */

static uint64_t compute(uint64_t value)
{
	for (int i = 0; i < 20000; i++)
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
	return value;
}

bool fuzz_may_fail(int error)
{
	return !error || error == -ENOSPC || error == -EDQUOT ||
	       error == -EINVAL;
}

static void compute_once(uint64_t expected)
{
	int error;

	CHECK(fuzz_may_fail(error = __ctx_enter(test_fd, CTX_ALL)));
	CHECK_EQ(compute(17), expected);
	if (!fuzz_below(4)) {
		pid_t pid = fork();

		if (!pid) {
			CHECK_EQ(compute(17), expected);
			_exit(0);
		}
		CHECK_EQ(wait_exit(pid), 0);
	}
	error = __ctx_leave(test_fd);
	CHECK(!error || error == -ENXIO);
	__atomic_add_fetch(&fuzz_tally->computed, 1, __ATOMIC_RELAXED);
}

static pid_t start_computing(int number)
{
	uint64_t expected = compute(17);
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fuzz_seed(100 + number);
	while (!fuzz_tally->over)
		compute_once(expected);
	_exit(0);
}

static pid_t computing[2];

void fuzz_begin(uint64_t number)
{
	struct nl_sock *sock = genl_open();

	fuzz_family = genl_ctrl_resolve(sock, VCTX_GENL_NAME);
	nl_socket_free(sock);
	fuzz_tally = mmap(NULL, sizeof(*fuzz_tally), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(fuzz_tally != MAP_FAILED);
	fuzz_seed(number);
	fuzz_read_policy(&fuzz_policy);
	for (unsigned int i = 0; i < ARRAY_SIZE(computing); i++)
		computing[i] = start_computing(i);
	while (fuzz_tally->computed < 2)
		usleep(1000);
}

void fuzz_end(void)
{
	uint64_t computed;

	fuzz_set_policy();
	fuzz_expect_policy();
	computed = fuzz_tally->computed;
	while (fuzz_tally->computed < computed + 4)
		usleep(1000);
	fuzz_tally->over = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(computing); i++)
		CHECK_EQ(wait_exit(computing[i]), 0);
	if (!fuzz_tally->sent)
		return;
	printf("# %d messages; answers by errno:", fuzz_tally->sent);
	for (int error = 0; error < MAX_ERRNO; error++)
		if (fuzz_tally->errors[error])
			printf(" %s %d", error ? strerrorname_np(error) : "0",
			       fuzz_tally->errors[error]);
	printf("\n");
}

int fuzz_reload(void)
{
	return __module_unload("vcontext") ?: __module_load("vcontext");
}
