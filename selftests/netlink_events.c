// SPDX-License-Identifier: GPL-2.0-only
/* Events of the generic netlink family, also in a container. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/io.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netlink/genl/genl.h>

#include "contexts.h"
#include "genl.h"
#include "vctx_selftest.h"

#define SECOND	NSEC_PER_SEC

struct events {
	int of[8];	/* by type */
	uint32_t tid, reason;
	uint64_t entries, ticks_held;
};

static int on_event(struct nl_msg *msg, void *arg)
{
	struct events *events = arg;
	struct nlattr *a[GENL_MAX_ATTR + 1];
	uint32_t type;

	if (genlmsg_parse(nlmsg_hdr(msg), 0, a, GENL_MAX_ATTR, NULL))
		return NL_SKIP;
	type = nla_get_u32(a[VCTX_A_EVENT_TYPE]);
	if (type >= ARRAY_SIZE(events->of))
		return NL_SKIP;
	/* Events of other threads are not counted. */
	if (a[VCTX_A_EVENT_TID] && events->tid &&
	    nla_get_u32(a[VCTX_A_EVENT_TID]) != events->tid)
		return NL_SKIP;
	events->of[type]++;
	CHECK(a[VCTX_A_EVENT_TIME_NS] && a[VCTX_A_EVENT_CPU]);
	if (a[VCTX_A_EVENT_REASON])
		events->reason = nla_get_u32(a[VCTX_A_EVENT_REASON]);
	if (a[VCTX_A_EVENT_ENTRIES])
		events->entries = nla_get_u64(a[VCTX_A_EVENT_ENTRIES]);
	if (a[VCTX_A_EVENT_TICKS_HELD])
		events->ticks_held += nla_get_u64(a[VCTX_A_EVENT_TICKS_HELD]);
	return NL_OK;
}

static struct nl_sock *listen_to(struct events *events)
{
	struct nl_sock *sock = genl_open();

	CHECK_EQ(genl_listen(sock), 0);
	nl_socket_set_nonblocking(sock);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_event, events);
	return sock;
}

/* Receives events until one of @type has come. */
static void hear(struct nl_sock *sock, struct events *events, int type)
{
	struct pollfd poll_for = { .fd = nl_socket_get_fd(sock),
				   .events = POLLIN };
	uint64_t until = now_ns() + 20 * SECOND;

	while (!events->of[type] && now_ns() < until)
		if (poll(&poll_for, 1, 100) > 0)
			nl_recvmsgs_default(sock);
	CHECK_GE(events->of[type], 1);
}

static void comes_and_goes(void)
{
	ctx_enter(0);
	ioperm(0x80, 1, 1);
	getppid();
	getppid();
	ctx_leave();
}

/* A child comes and goes, and is heard of. */
static void hear_a_child(struct nl_sock *sock, struct events *events)
{
	pid_t pid = fork();

	if (!pid) {
		comes_and_goes();
		_exit(0);
	}
	events->tid = pid;
	CHECK_EQ(wait_exit(pid), 0);
	hear(sock, events, VCTX_EVENT_LEFT);
	CHECK_EQ(events->of[VCTX_EVENT_ENTERED], 1);
}

static void events(const void *arg)
{
	struct events events = { };
	struct nl_sock *sock = listen_to(&events);
	pid_t pid;

	(void)arg;
	hear_a_child(sock, &events);
	CHECK_EQ(events.of[VCTX_EVENT_FELL_BACK], 1);
	CHECK_EQ(events.reason, (uint32_t)VCTX_NATIVE_IOPORT);
	CHECK_EQ(events.of[VCTX_EVENT_LEFT], 1);
	CHECK_GE(events.entries, 1ULL);

	pid = subject_sleeping();
	events.tid = pid;
	genl_evict(VCTX_A_EVICT_PID, pid);
	hear(sock, &events, VCTX_EVENT_EVICTED);
	subject_end(pid);
	CHECK_EQ(events.of[VCTX_EVENT_LEFT], 1);

	/* The policy has this value already, but is set. */
	CHECK_EQ(__genl_ask(VCTX_CMD_POLICY_SET, VCTX_A_POLICY_MAX_CONTEXTS, 0), 0);
	hear(sock, &events, VCTX_EVENT_POLICY);
	nl_socket_free(sock);
}

static void tick_events(const void *arg)
{
	struct events events = { };
	struct nl_sock *sock = listen_to(&events);
	struct subject *shared = subject_share();
	pid_t pid;

	pin(1);
	pid = subject_computing(shared, VCTX_ENTER_TICKLESS);
	events.tid = pid;
	pin(0);
	hear(sock, &events, VCTX_EVENT_TICK_HELD);
	usleep(300000);
	if (arg)
		subject_end(pid);
	else
		CHECK_EQ(subject_stop(shared, pid), 0);
	hear(sock, &events, VCTX_EVENT_LEFT);
	CHECK_GE(events.of[VCTX_EVENT_TICK_GIVEN_BACK], 1);
	/* Each hold that began has ended. */
	CHECK_EQ(events.of[VCTX_EVENT_TICK_GIVEN_BACK],
		 events.of[VCTX_EVENT_TICK_HELD]);
	CHECK_GE(events.ticks_held, TICKS_PER_SEC / 10);
	nl_socket_free(sock);
}

static void in_container(void)
{
	struct events events = { };
	struct nl_sock *sock = listen_to(&events);
	struct ctx_list list;

	CHECK_EQ(getpid(), 1);
	ctx_enter(0);
	list = ctx_dump(0, 0);
	CHECK_EQ(list.n, 1);
	CHECK_EQ(list.at[0].tid, 1U);
	hear_a_child(sock, &events);
	CHECK_EQ(genl_evict(VCTX_A_EVICT_ALL, 0), 1);
	CHECK(!ctx_here());
	nl_socket_free(sock);
}

static void container(const void *arg)
{
	struct events events = { };
	struct nl_sock *sock = listen_to(&events);
	pid_t outside = subject_sleeping();

	(void)arg;
	REQUIRE(!unshare(CLONE_NEWPID | CLONE_NEWNET));
	in_child(in_container);
	/* The context outside is left alone, and listeners outside hear of those inside. */
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_PID, outside), 1);
	hear(sock, &events, VCTX_EVENT_EVICTED);
	nl_socket_free(sock);
	subject_end(outside);
}

#define CASE(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF }
#define SMP(fn)		{ #fn, fn, NULL, T_DEVICE | T_SELF | T_SMP }

static const struct test tests[] = {
	CASE(events),
	SMP(tick_events),
	{ "tick_events_killed", tick_events, &tests, T_DEVICE | T_SELF | T_SMP },
	CASE(container),
};

TEST_MAIN(tests)
