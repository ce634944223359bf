// SPDX-License-Identifier: GPL-2.0-only
/* The policy by way of netlink: what it allows and limits, and who may change it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netlink/genl/genl.h>

#include "contexts.h"
#include "genl.h"
#include "vctx.h"
#include "vctx_selftest.h"

struct policy {
	uint32_t enabled, max_contexts, max_per_user, tick_hold;
	uint32_t tick_unprivileged, tick_max_ms, share, paging, min_stay_us;
	uint32_t bells, bell_timer_us;
	char tick_cpus[128];
};

static void see_policy(struct nlattr **a, void *arg)
{
	struct policy *policy = arg;

	policy->enabled = nla_get_u8(a[VCTX_A_POLICY_ENABLED]);
	policy->max_contexts = nla_get_u32(a[VCTX_A_POLICY_MAX_CONTEXTS]);
	policy->max_per_user = nla_get_u32(a[VCTX_A_POLICY_MAX_PER_USER]);
	policy->tick_hold = nla_get_u8(a[VCTX_A_POLICY_TICK_HOLD]);
	policy->tick_unprivileged =
		nla_get_u8(a[VCTX_A_POLICY_TICK_UNPRIVILEGED]);
	policy->tick_max_ms = nla_get_u32(a[VCTX_A_POLICY_TICK_MAX_MS]);
	policy->share = nla_get_u8(a[VCTX_A_POLICY_SHARE]);
	policy->paging = nla_get_u32(a[VCTX_A_POLICY_PAGING]);
	policy->min_stay_us = nla_get_u32(a[VCTX_A_POLICY_MIN_STAY_US]);
	policy->bells = nla_get_u8(a[VCTX_A_POLICY_BELLS]);
	policy->bell_timer_us = nla_get_u32(a[VCTX_A_POLICY_BELL_TIMER_US]);
	snprintf(policy->tick_cpus, sizeof(policy->tick_cpus), "%s",
		 nla_get_string(a[VCTX_A_POLICY_TICK_CPUS]));
}

static struct policy get_policy(void)
{
	struct nl_sock *sock = genl_open();
	struct policy policy = { };

	CHECK_EQ(genl_call(sock, genl_request(VCTX_CMD_POLICY_GET, 0),
			   see_policy, &policy), 0);
	nl_socket_free(sock);
	return policy;
}

static int __set_policy(const struct policy *policy)
{
	struct nl_sock *sock = genl_open();
	struct nl_msg *request = genl_request(VCTX_CMD_POLICY_SET, 0);
	int ret;

	nla_put_u8(request, VCTX_A_POLICY_ENABLED, policy->enabled);
	nla_put_u32(request, VCTX_A_POLICY_MAX_CONTEXTS, policy->max_contexts);
	nla_put_u32(request, VCTX_A_POLICY_MAX_PER_USER, policy->max_per_user);
	nla_put_u8(request, VCTX_A_POLICY_TICK_HOLD, policy->tick_hold);
	nla_put_u8(request, VCTX_A_POLICY_TICK_UNPRIVILEGED,
		   policy->tick_unprivileged);
	nla_put_u32(request, VCTX_A_POLICY_TICK_MAX_MS, policy->tick_max_ms);
	nla_put_string(request, VCTX_A_POLICY_TICK_CPUS, policy->tick_cpus);
	nla_put_u8(request, VCTX_A_POLICY_SHARE, policy->share);
	nla_put_u32(request, VCTX_A_POLICY_PAGING, policy->paging);
	nla_put_u32(request, VCTX_A_POLICY_MIN_STAY_US, policy->min_stay_us);
	nla_put_u8(request, VCTX_A_POLICY_BELLS, policy->bells);
	nla_put_u32(request, VCTX_A_POLICY_BELL_TIMER_US, policy->bell_timer_us);
	ret = genl_call(sock, request, NULL, NULL);
	nl_socket_free(sock);
	return ret;
}

/* Each case ends with the policy that it began with. */
static struct policy original;

static void restore_policy(void)
{
	CHECK_EQ(__set_policy(&original), 0);
}

static struct policy begin_policy(void)
{
	original = get_policy();
	return original;
}

static bool same(const struct policy *a, const struct policy *b)
{
	return !memcmp(a, b, offsetof(struct policy, tick_cpus)) &&
	       !strcmp(a->tick_cpus, b->tick_cpus);
}

static void policy(const void *arg)
{
	struct policy wanted = {
		.enabled = 1, .max_contexts = 100, .max_per_user = 50,
		.tick_hold = 1, .tick_unprivileged = 1, .tick_max_ms = 500,
		.paging = VCTX_PAGING_DIRECT, .tick_cpus = "0",
		.min_stay_us = 70, .bells = 0, .bell_timer_us = 30,
	}, wrong = wanted, got;

	(void)arg;
	begin_policy();
	CHECK_EQ(original.enabled, 1U);
	CHECK_EQ(original.max_contexts, 0U);
	CHECK_EQ(original.max_per_user, 0U);
	CHECK_EQ(original.bells, 1U);
	wanted.share = !original.share;
	wrong.share = wanted.share;
	CHECK_EQ(__set_policy(&wanted), 0);
	got = get_policy();
	CHECK(same(&got, &wanted));
	/* A request sets all of its values or none. */
	wrong.max_contexts = 7;
	strcpy(wrong.tick_cpus, "0,x");
	CHECK_EQ(__set_policy(&wrong), -EINVAL);
	CHECK(strstr(genl_text, "CPUs"));
	strcpy(wrong.tick_cpus, "0");
	wrong.enabled = 2;
	CHECK_EQ(__set_policy(&wrong), -ERANGE);
	wrong.enabled = 1;
	wrong.share = 2;
	CHECK_EQ(__set_policy(&wrong), -ERANGE);
	wrong.share = wanted.share;
	wrong.bells = 2;
	CHECK_EQ(__set_policy(&wrong), -ERANGE);
	wrong.bells = wanted.bells;
	wrong.paging = VCTX_PAGING_NESTED + 1;
	CHECK_EQ(__set_policy(&wrong), -ERANGE);
	got = get_policy();
	CHECK(same(&got, &wanted));
	/* A request with one value leaves the others. */
	CHECK_EQ(__genl_ask(VCTX_CMD_POLICY_SET, VCTX_A_POLICY_MAX_CONTEXTS, 9), 0);
	wanted.max_contexts = 9;
	got = get_policy();
	CHECK(same(&got, &wanted));
	restore_policy();
}

static void keep_changing(const struct policy *policies)
{
	for (int i = 0;; i = !i)
		CHECK_EQ(__set_policy(&policies[i]), 0);
}

/* While the policy changes, a reader gets the one or the other, and the log stays clean. */
static void policy_changes(const void *arg)
{
	struct policy policies[2], got;
	int seen[2] = { };
	pid_t pid;

	(void)arg;
	policies[0] = begin_policy();
	policies[1] = original;
	policies[0].max_contexts = policies[0].max_per_user = 1000;
	strcpy(policies[0].tick_cpus, "0");
	policies[1].max_contexts = policies[1].max_per_user = 2000;
	CHECK_EQ(__set_policy(&policies[0]), 0);
	pid = fork();
	if (!pid)
		keep_changing(policies);
	for (int i = rounds(2000); i || !seen[0] || !seen[1]; i -= !!i) {
		got = get_policy();
		CHECK(same(&got, &policies[0]) || same(&got, &policies[1]));
		seen[got.max_contexts == 2000]++;
	}
	hog_stop(pid);
	restore_policy();
}

static void as_nobody(void)
{
	REQUIRE(!setresuid(65534, 65534, 65534));
}

static void denied(void)
{
	struct nl_sock *sock;

	as_nobody();
	CHECK_EQ(__genl_ask(VCTX_CMD_POLICY_SET, VCTX_A_POLICY_MAX_CONTEXTS, 9),
		 -EPERM);
	CHECK(strstr(genl_text, "CAP_NET_ADMIN or CAP_SYS_ADMIN"));
	CHECK_EQ(__genl_ask(VCTX_CMD_EVICT, VCTX_A_EVICT_PID, getppid()), -EPERM);
	CHECK(strstr(genl_text, "CAP_NET_ADMIN or CAP_SYS_ADMIN"));
	sock = genl_open();
	CHECK_EQ(genl_listen(sock), -EPERM);
	/* But anybody may look. */
	CHECK_GE(ctx_count(0, 0), 1);
	get_policy();
	nl_socket_free(sock);
}

static void unprivileged(const void *arg)
{
	(void)arg;
	ctx_enter(0);
	in_child(denied);
	CHECK(ctx_here());
}

static void enters_no_more(void)
{
	ctx_refused(0, 0, -ENOSPC, VCTX_UNAVAILABLE_POLICY);
}

static void disabled(const void *arg)
{
	struct policy policy = begin_policy();
	struct vctx_info info;

	(void)arg;
	ctx_enter(VCTX_ENTER_INHERIT);
	policy.enabled = 0;
	CHECK_EQ(__set_policy(&policy), 0);
	CHECK_EQ(__ctx_info(test_fd, &info), 0);
	CHECK_EQ(info.unavailable, (uint32_t)VCTX_UNAVAILABLE_POLICY);
	/* Contexts that exist go on; a child runs natively, and is counted. */
	CHECK(ctx_here());
	in_child(enters_no_more);
	CHECK_EQ(ctx_tally().native[VCTX_NATIVE_POLICY], 1ULL);
	restore_policy();
	CHECK_EQ(__ctx_info(test_fd, &info), 0);
	CHECK_EQ(info.unavailable, (uint32_t)VCTX_AVAILABLE);
}

static void no_room_for_another(void)
{
	ctx_refused(0, 0, -ENOSPC, VCTX_UNAVAILABLE_MACHINE_LIMIT);
}

static void max_contexts(const void *arg)
{
	struct policy policy = begin_policy();
	struct vctx_info info;

	(void)arg;
	ctx_enter(0);
	CHECK_EQ(__ctx_info(test_fd, &info), 0);
	policy.max_contexts = info.contexts;
	CHECK_EQ(__set_policy(&policy), 0);
	CHECK_EQ(__ctx_info(test_fd, &info), 0);
	CHECK_EQ(info.max_contexts, policy.max_contexts);
	in_child(no_room_for_another);
	restore_policy();
}

static void no_room_for_the_user(void)
{
	ctx_refused(0, 0, -EDQUOT, VCTX_UNAVAILABLE_USER_LIMIT);
}

static void user_with_two(void)
{
	pid_t pid;

	as_nobody();
	ctx_enter(VCTX_ENTER_INHERIT);
	pid = fork();
	if (!pid) {
		CHECK(ctx_here());
		/* It would be the user's third context. */
		if (!fork())
			_exit(ctx_here());
		_exit(wait_exit(-1));
	}
	CHECK_EQ(wait_exit(pid), 0);
	CHECK_GE(ctx_tally().native[VCTX_NATIVE_POLICY], 1ULL);
	ctx_leave();
	if (!fork()) {
		ctx_enter(VCTX_ENTER_INHERIT);
		if (!fork()) {
			if (!fork()) {
				no_room_for_the_user();
				_exit(0);
			}
			_exit(wait_exit(-1));
		}
		_exit(wait_exit(-1));
	}
	CHECK_EQ(wait_exit(-1), 0);
}

static void max_per_user(const void *arg)
{
	struct policy policy = begin_policy();

	(void)arg;
	policy.max_per_user = 2;
	CHECK_EQ(__set_policy(&policy), 0);
	in_child(user_with_two);
	/* A user with CAP_SYS_RESOURCE is exempt. */
	ctx_enter(CTX_ALL);
	if (!fork()) {
		if (!fork())
			_exit(!ctx_here());
		_exit(wait_exit(-1));
	}
	CHECK_EQ(wait_exit(-1), 0);
	restore_policy();
}

static void holds_unprivileged(void)
{
	as_nobody();
	CHECK_EQ(__ctx_enter_tickless(test_fd, 0, 1000000), 0);
}

static void holds_no_more(void)
{
	as_nobody();
	ctx_refused(VCTX_ENTER_TICKLESS, 1000000, -EPERM,
		    VCTX_UNAVAILABLE_PRIVILEGE);
}

static void tick_unprivileged(const void *arg)
{
	struct policy policy = begin_policy();

	(void)arg;
	in_child(holds_no_more);
	policy.tick_unprivileged = 1;
	CHECK_EQ(__set_policy(&policy), 0);
	in_child(holds_unprivileged);
	restore_policy();
}

static void bells(const void *arg)
{
	struct policy policy = begin_policy();
	volatile int heard = 0;

	(void)arg;
	ctx_enter(0);
	CHECK_EQ(vctx_bell_open(test_hear, (void *)&heard, 0), 0);
	policy.bells = 0;
	CHECK_EQ(__set_policy(&policy), 0);
	/* A bell that is there goes on. */
	CHECK_EQ(vctx_ring(vctx_bell_fd(0)), 0);
	CHECK_EQ(heard, 1);
	CHECK_EQ(vctx_bell_close(), 0);
	CHECK_EQ(vctx_bell_open(test_hear, (void *)&heard, 0), -ENOSPC);
	restore_policy();
	CHECK_EQ(vctx_bell_open(test_hear, (void *)&heard, 0), 0);
}

static void bell_timer(const void *arg)
{
	struct policy policy = begin_policy();
	volatile int heard = 0;

	(void)arg;
	ctx_enter(0);
	CHECK_EQ(vctx_bell_open(test_hear, (void *)&heard, 0), 0);
	CHECK_EQ(vctx_bell_timer(0, NSEC_PER_MSEC, 0, -1), 0);
	policy.bell_timer_us = 2000;
	CHECK_EQ(__set_policy(&policy), 0);
	CHECK_EQ(vctx_bell_timer(0, NSEC_PER_MSEC, 0, -1), -ERANGE);
	CHECK_EQ(vctx_bell_timer(0, 2 * NSEC_PER_MSEC, NSEC_PER_MSEC, -1), -ERANGE);
	CHECK_EQ(vctx_bell_timer(0, 2 * NSEC_PER_MSEC, 0, -1), 0);
	restore_policy();
}

#define CASE(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF }
#define UNUSED(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF | T_UNUSED }

static const struct test tests[] = {
	UNUSED(policy),
	{ "policy_changes", policy_changes, NULL, T_DEVICE | T_SELF | T_SMP | T_UNUSED },
	CASE(unprivileged),
	CASE(disabled),
	CASE(max_contexts),
	CASE(max_per_user),
	CASE(tick_unprivileged),
	CASE(bells),
	CASE(bell_timer),
};

TEST_MAIN(tests)
