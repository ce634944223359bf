// SPDX-License-Identifier: GPL-2.0-only
/*
 * Malformed and hostile netlink messages, while contexts compute, fork, come and
 * go: each is refused with an errno that is documented and a text, and nobody else
 * takes harm.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "fuzz_netlink.h"
#include "genl.h"

#define NOBODY		65534

static struct fuzz_message message;

/* Starts a process that has a context, and enters another if that is evicted. */
static pid_t start_entering(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int error = __ctx_enter(test_fd, 0);

		CHECK(fuzz_may_fail(error) || error == -EALREADY);
		usleep(2000);
	}
}

static void root(const void *arg)
{
	pid_t pid;

	(void)arg;
	fuzz_begin(1);
	pid = start_entering();
	fuzz_send_many(fuzz_messages());
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fuzz_end();
	fuzz_expect_answers();
}

static void see_id(struct nlattr **attrs, void *into)
{
	*(uint32_t *)into = nla_get_u32(attrs[VCTX_A_CONTEXT_ID]);
}

/* Starts a process whose context nobody may end. */
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

/* Checks that the process still has the context that it began with, and ends it. */
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
	fuzz_send_many(fuzz_messages());
}

/* The sender has all capabilities, but in its own user namespace only. */
static void fuzz_in_user_namespace(void)
{
	REQUIRE(!unshare(CLONE_NEWUSER | CLONE_NEWNET));
	fuzz_send_many(fuzz_messages());
}

static void denied(const void *arg)
{
	uint32_t id;
	pid_t sleeper;

	fuzz_begin(arg == fuzz_as_nobody ? 2 : 3);
	sleeper = start_sleeping(&id);
	fuzz_may_change = false;
	in_child((void (*)(void))arg);
	fuzz_expect_policy();
	stop_sleeping(sleeper, id);
	fuzz_end();
	fuzz_expect_answers();
}

static void fuzz_in_container(void)
{
	pid_t inside;

	CHECK_EQ(getpid(), 1);
	inside = start_entering();
	fuzz_send_many(fuzz_messages());
	kill(inside, SIGKILL);
	waitpid(inside, NULL, 0);
}

static void container(const void *arg)
{
	pid_t sleeper;

	(void)arg;
	fuzz_begin(4);
	sleeper = start_sleeping(&fuzz_hidden_id);
	REQUIRE(!unshare(CLONE_NEWPID | CLONE_NEWNET));
	in_child(fuzz_in_container);
	stop_sleeping(sleeper, fuzz_hidden_id);
	fuzz_end();
	fuzz_expect_answers();
}

/* Sends many messages at a time, and leaves most answers unread. */
static void fuzz_rudely(void)
{
	static uint8_t batch[1 << 17];
	int limit = 4 * 1024 * 1024;

	for (int i = 0; i < fuzz_messages() / 10; i++) {
		int fd = fuzz_socket(), parts = fuzz_below(8);
		size_t len = 0;

		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &limit, sizeof(limit));
		for (int part = 0; part < parts; part++) {
			fuzz_make_valid(&message);
			if (!fuzz_below(4))
				fuzz_mutate(&message);
			if (len + NLMSG_ALIGN(message.len) > sizeof(batch))
				break;
			memcpy(batch + len, message.bytes, message.len);
			len += NLMSG_ALIGN(message.len);
		}
		if (send(fd, batch, len, 0) < 0)
			CHECK(fuzz_may_not_be_sent(len));
		__atomic_add_fetch(&fuzz_tally->sent, parts, __ATOMIC_RELAXED);
		for (int part = fuzz_below(3); part; part--)
			recv(fd, batch, fuzz_below(sizeof(batch)), MSG_DONTWAIT);
		/* Mostly this is in the middle of a dump. */
		close(fd);
	}
}

static void rude(const void *arg)
{
	pid_t pids[4];

	(void)arg;
	fuzz_begin(5);
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		fuzz_seed(200 + i);
		fuzz_rudely();
		_exit(0);
	}
	for (int i = 0; i < 4; i++)
		CHECK_EQ(wait_exit(pids[i]), 0);
	fuzz_end();
}

#define FLAGS	(T_DEVICE | T_SELF)
#define CASE(fn)	{ #fn, fn, NULL, FLAGS }

static const struct test tests[] = {
	CASE(root),
	{ "unprivileged", denied, fuzz_as_nobody, FLAGS },
	{ "user_namespace", denied, fuzz_in_user_namespace, FLAGS },
	CASE(container),
	CASE(rude),
};

int main(int argc, char **argv)
{
	return fuzz_main(tests, ARRAY_SIZE(tests), argc, argv);
}
