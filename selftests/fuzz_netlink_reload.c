// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module is unloaded and loaded while processes send it netlink messages and
 * listen to its events.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "fuzz_netlink.h"

#define PAGE		4096UL

/* Whether the module is there. */
static bool find_family(struct nl_sock *sock)
{
	int found = genl_ctrl_resolve(sock, VCTX_GENL_NAME);

	fuzz_family = found > 0 ? found : 0;
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
	fuzz_policy.header.nlmsg_type = fuzz_family;
	fuzz_policy.header.nlmsg_flags = NLM_F_REQUEST;
	fuzz_genl(&fuzz_policy)->cmd = VCTX_CMD_POLICY_SET;
	for (int i = 0; i < 50; i++) {
		send(fd, fuzz_policy.bytes, fuzz_policy.len, 0);
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
	fuzz_read_policy(&fuzz_policy);
	nl_socket_free(sock);
	for (int i = 0; i < 2; i++)
		pids[i] = start_setting_policies();
	while (done < wanted && (!done || now_ns() < until)) {
		int error = fuzz_reload();

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

static const struct test tests[] = {
	{ "unloaded_meanwhile", unloaded_meanwhile, NULL, FLAGS | T_ALONE },
};

int main(int argc, char **argv)
{
	return fuzz_main(tests, ARRAY_SIZE(tests), argc, argv);
}
