// SPDX-License-Identifier: GPL-2.0-only
/* Contexts as the generic netlink family shows them, and processes to look at. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netlink/genl/genl.h>

#include "contexts.h"
#include "genl.h"
#include "vctx_selftest.h"

#define SECOND	NSEC_PER_SEC

static uint64_t counter(struct nlattr *nest, int kind)
{
	struct nlattr *attr = nla_find(nla_data(nest), nla_len(nest),
				       VCTX_A_COUNTER(kind));

	return attr ? nla_get_u64(attr) : 0;
}

void ctx_see(struct nlattr **a, void *arg)
{
	struct ctx_list *list = arg;
	struct ctx_seen *seen = &list->at[list->n++];

	REQUIRE(list->n < (int)ARRAY_SIZE(list->at));
	*seen = (struct ctx_seen) {
		.id = nla_get_u32(a[VCTX_A_CONTEXT_ID]),
		.tid = nla_get_u32(a[VCTX_A_CONTEXT_TID]),
		.pid = nla_get_u32(a[VCTX_A_CONTEXT_PID]),
		.uid = nla_get_u32(a[VCTX_A_CONTEXT_UID]),
		.cpu = nla_get_u32(a[VCTX_A_CONTEXT_CPU]),
		.state = nla_get_u32(a[VCTX_A_CONTEXT_STATE]),
		.age_ns = nla_get_u64(a[VCTX_A_CONTEXT_AGE_NS]),
		.flags = nla_get_u64(a[VCTX_A_CONTEXT_FLAGS]),
		.paging = nla_get_u32(a[VCTX_A_CONTEXT_PAGING]),
		.entries = nla_get_u64(a[VCTX_A_CONTEXT_ENTRIES]),
		.guest_ns = nla_get_u64(a[VCTX_A_CONTEXT_GUEST_NS]),
		.ticks_held = nla_get_u64(a[VCTX_A_CONTEXT_TICKS_HELD]),
		.syscalls = counter(a[VCTX_A_CONTEXT_EXITS], VCTX_EXIT_SYSCALL),
		.tick_held = a[VCTX_A_CONTEXT_TICK_HELD],
		.has_fell_back = a[VCTX_A_CONTEXT_FELL_BACK],
		.has_bell = a[VCTX_A_CONTEXT_BELL],
	};
	if (a[VCTX_A_CONTEXT_TICK_BOUND_NS])
		seen->tick_bound_ns = nla_get_u64(a[VCTX_A_CONTEXT_TICK_BOUND_NS]);
	if (a[VCTX_A_CONTEXT_FELL_BACK])
		seen->fell_back = nla_get_u32(a[VCTX_A_CONTEXT_FELL_BACK]);
	for (int i = 0; seen->has_bell && i < VCTX_NR_BELL_COUNTS; i++)
		seen->bell[i] = counter(a[VCTX_A_CONTEXT_BELL], i);
	snprintf(seen->comm, sizeof(seen->comm), "%s",
		 nla_get_string(a[VCTX_A_CONTEXT_COMM]));
}

struct ctx_list ctx_dump(int attr, uint32_t value)
{
	struct nl_sock *sock = genl_open();
	struct nl_msg *request = genl_request(VCTX_CMD_CONTEXT_GET,
					      NLM_F_DUMP);
	struct ctx_list list = { };

	if (attr)
		nla_put_u32(request, attr, value);
	CHECK_EQ(genl_call(sock, request, ctx_see, &list), 0);
	nl_socket_free(sock);
	return list;
}

struct ctx_seen ctx_find(pid_t tid)
{
	struct ctx_list list = ctx_dump(VCTX_A_CONTEXT_TID, tid);

	CHECK_LE(list.n, 1);
	return list.at[0];
}

int ctx_count(int attr, uint32_t value)
{
	return ctx_dump(attr, value).n;
}

int __genl_ask(int cmd, int attr, uint32_t value)
{
	struct nl_sock *sock = genl_open();
	struct nl_msg *request = genl_request(cmd, 0);
	int ret;

	if (attr)
		nla_put_u32(request, attr, value);
	ret = genl_call(sock, request, NULL, NULL);
	nl_socket_free(sock);
	return ret;
}

struct subject *subject_share(void)
{
	struct subject *shared = mmap(NULL, sizeof(*shared),
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(shared != MAP_FAILED);
	return shared;
}

void subject_progress(struct subject *shared)
{
	uint64_t from = shared->progress, until = now_ns() + 20 * SECOND;

	while (shared->progress < from + 1000 && now_ns() < until)
		usleep(1000);
	CHECK_GE(shared->progress, from + 1000);
}

pid_t subject_computing(struct subject *shared, uint64_t flags)
{
	pid_t pid = fork();

	if (pid) {
		subject_progress(shared);
		return pid;
	}
	if (flags & VCTX_ENTER_TICKLESS)
		REQUIRE(!__ctx_enter_tickless(test_fd, flags, UINT64_MAX));
	else
		ctx_enter(flags);
	while (!shared->done)
		shared->progress++;
	/* A thread that was evicted has no context to leave. */
	_exit(__ctx_leave(test_fd) == -ENXIO ? 77 : 0);
}

int subject_stop(struct subject *shared, pid_t pid)
{
	shared->done = true;
	return wait_exit(pid);
}

pid_t subject_sleeping(void)
{
	pid_t pid = fork();

	if (!pid) {
		ctx_enter(CTX_ALL);
		pause();
		_exit(1);
	}
	while (ctx_count(VCTX_A_CONTEXT_PID, pid) != 1)
		usleep(1000);
	wait_state(pid, 'S');
	return pid;
}

void subject_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
