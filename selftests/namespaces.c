// SPDX-License-Identifier: GPL-2.0-only
/* A context keeps no namespace alive that its thread has left. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vctx_selftest.h"

#define NUMBER	77	/* of the namespace, as seen from the one outside */

struct request {
	struct nlmsghdr header;
	struct rtgenmsg message;
	struct nlattr number_attr __attribute__((aligned(NLMSG_ALIGNTO)));
	uint32_t number;
	struct nlattr pid_attr;
	uint32_t pid;
};

/* Hears when a network namespace that has a number is gone. */
static int listen_for_ends(void)
{
	int group = RTNLGRP_NSID;
	struct timeval patience = { .tv_sec = 20 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	REQUIRE(fd >= 0);
	REQUIRE(!setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			    sizeof(group)));
	REQUIRE(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			    sizeof(patience)));
	return fd;
}

/* The type of the next message, or -errno. */
static int hear(int fd)
{
	char buffer[4096] __attribute__((aligned(4)));
	const struct nlmsghdr *header = (void *)buffer;

	if (recv(fd, buffer, sizeof(buffer), 0) < 0)
		return -errno;
	return header->nlmsg_type;
}

/* Give the network namespace of a process a number. */
static void number(int fd, pid_t pid)
{
	struct request request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = RTM_NEWNSID,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.message.rtgen_family = AF_UNSPEC,
		.number_attr = { 8, NETNSA_NSID },
		.number = NUMBER,
		.pid_attr = { 8, NETNSA_PID },
		.pid = pid,
	};

	REQUIRE(send(fd, &request, sizeof(request), 0) == sizeof(request));
	CHECK_EQ(hear(fd), RTM_NEWNSID);
}

/* Born in a network namespace, leaves it, and sleeps. */
static void leave_and_sleep(int outside, int to_parent)
{
	CHECK_EQ(setns(outside, CLONE_NEWNET), 0);
	REQUIRE(write(to_parent, "x", 1) == 1);
	pause();
	_exit(1);
}

static void network(const void *arg)
{
	int outside = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int ends = listen_for_ends(), ready[2], left[2], go[2];
	pid_t parent, child;
	char byte;

	(void)arg;
	REQUIRE(outside >= 0 && !pipe(ready) && !pipe(left) && !pipe(go));
	parent = fork();
	if (!parent) {
		REQUIRE(!unshare(CLONE_NEWNET));
		REQUIRE(write(ready[1], "x", 1) == 1);
		REQUIRE(read(go[0], &byte, 1) == 1);
		child = fork();
		if (!child)
			leave_and_sleep(outside, left[1]);
		REQUIRE(write(ready[1], &child, sizeof(child)) == sizeof(child));
		REQUIRE(read(go[0], &byte, 1) == 1);
		_exit(0);
	}
	REQUIRE(read(ready[0], &byte, 1) == 1);
	number(ends, parent);
	REQUIRE(write(go[1], "x", 1) == 1);
	REQUIRE(read(ready[0], &child, sizeof(child)) == sizeof(child));
	REQUIRE(read(left[0], &byte, 1) == 1);
	REQUIRE(write(go[1], "x", 1) == 1);
	CHECK_EQ(wait_exit(parent), 0);
	/* The child is still there, and so is its context. */
	CHECK_EQ(hear(ends), RTM_DELNSID);
	CHECK_EQ(kill(child, SIGKILL), 0);
}

static const struct test tests[] = {
	{ "network", network, NULL, T_TWIN },
};

TEST_MAIN(tests)
