// SPDX-License-Identifier: GPL-2.0-only
/* The generic netlink family: what it shows, changes, ends and tells. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netlink/genl/genl.h>

#include "genl.h"
#include "vctx.h"
#include "vctx_selftest.h"

#define SECOND	NSEC_PER_SEC

/* Contexts by what a dump shows of them. */

struct seen {
	uint32_t id, tid, pid, uid, cpu, state, fell_back;
	uint64_t age_ns, flags, entries, guest_ns, tick_bound_ns, ticks_held;
	uint64_t syscalls;
	bool tick_held, has_fell_back;
	char comm[32];
};

struct list {
	struct seen at[64];
	int n;
};

static uint64_t counter(struct nlattr *nest, int kind)
{
	struct nlattr *attr = nla_find(nla_data(nest), nla_len(nest),
				       VCTX_A_COUNTER(kind));

	return attr ? nla_get_u64(attr) : 0;
}

static void see(struct nlattr **a, void *arg)
{
	struct list *list = arg;
	struct seen *seen = &list->at[list->n++];

	REQUIRE(list->n < (int)ARRAY_SIZE(list->at));
	*seen = (struct seen) {
		.id = nla_get_u32(a[VCTX_A_CONTEXT_ID]),
		.tid = nla_get_u32(a[VCTX_A_CONTEXT_TID]),
		.pid = nla_get_u32(a[VCTX_A_CONTEXT_PID]),
		.uid = nla_get_u32(a[VCTX_A_CONTEXT_UID]),
		.cpu = nla_get_u32(a[VCTX_A_CONTEXT_CPU]),
		.state = nla_get_u32(a[VCTX_A_CONTEXT_STATE]),
		.age_ns = nla_get_u64(a[VCTX_A_CONTEXT_AGE_NS]),
		.flags = nla_get_u64(a[VCTX_A_CONTEXT_FLAGS]),
		.entries = nla_get_u64(a[VCTX_A_CONTEXT_ENTRIES]),
		.guest_ns = nla_get_u64(a[VCTX_A_CONTEXT_GUEST_NS]),
		.ticks_held = nla_get_u64(a[VCTX_A_CONTEXT_TICKS_HELD]),
		.syscalls = counter(a[VCTX_A_CONTEXT_EXITS], VCTX_EXIT_SYSCALL),
		.tick_held = a[VCTX_A_CONTEXT_TICK_HELD],
		.has_fell_back = a[VCTX_A_CONTEXT_FELL_BACK],
	};
	if (a[VCTX_A_CONTEXT_TICK_BOUND_NS])
		seen->tick_bound_ns = nla_get_u64(a[VCTX_A_CONTEXT_TICK_BOUND_NS]);
	if (a[VCTX_A_CONTEXT_FELL_BACK])
		seen->fell_back = nla_get_u32(a[VCTX_A_CONTEXT_FELL_BACK]);
	snprintf(seen->comm, sizeof(seen->comm), "%s",
		 nla_get_string(a[VCTX_A_CONTEXT_COMM]));
}

/* All that fit one attribute of a filter, 0 is all. */
static struct list dump(int attr, uint32_t value)
{
	struct nl_sock *sock = genl_open();
	struct nl_msg *request = genl_request(VCTX_CMD_CONTEXT_GET,
					      NLM_F_DUMP);
	struct list list = { };

	if (attr)
		nla_put_u32(request, attr, value);
	CHECK_EQ(genl_call(sock, request, see, &list), 0);
	nl_socket_free(sock);
	return list;
}

static struct seen find(pid_t tid)
{
	struct list list = dump(VCTX_A_CONTEXT_TID, tid);

	CHECK_LE(list.n, 1);
	return list.at[0];
}

static int count(int attr, uint32_t value)
{
	return dump(attr, value).n;
}

/* A request with one attribute, to be denied or not. */
static int __ask(int cmd, int attr, uint32_t value)
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

/* Threads to be looked at. */

struct shared {
	volatile uint64_t progress;
	volatile bool done;
};

static struct shared *share(void)
{
	struct shared *shared = mmap(NULL, sizeof(*shared),
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(shared != MAP_FAILED);
	return shared;
}

static void wait_progress(struct shared *shared)
{
	uint64_t from = shared->progress, until = now_ns() + 20 * SECOND;

	while (shared->progress < from + 1000 && now_ns() < until)
		usleep(1000);
	CHECK_GE(shared->progress, from + 1000);
}

/* A process that computes in a context until @shared says that it is done. */
static pid_t start_computing(struct shared *shared, uint64_t flags)
{
	pid_t pid = fork();

	if (pid) {
		wait_progress(shared);
		return pid;
	}
	if (flags & VCTX_ENTER_TICKLESS)
		REQUIRE(!__ctx_enter_tickless(test_fd, flags, UINT64_MAX));
	else
		ctx_enter(flags);
	while (!shared->done)
		shared->progress++;
	/* Still what it was, or an ordinary thread. */
	_exit(__ctx_leave(test_fd) == -ENXIO ? 77 : 0);
}

static int stop_computing(struct shared *shared, pid_t pid)
{
	shared->done = true;
	return wait_exit(pid);
}

static pid_t start_sleeping(void)
{
	pid_t pid = fork();

	if (!pid) {
		ctx_enter(CTX_ALL);
		pause();
		_exit(1);
	}
	while (count(VCTX_A_CONTEXT_PID, pid) != 1)
		usleep(1000);
	wait_state(pid, 'S');
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* What is shown */

static void see_module(struct nlattr **a, void *arg)
{
	struct vctx_info info;

	CHECK_EQ(__ctx_info(test_fd, &info), 0);
	CHECK(!strcmp(nla_get_string(a[VCTX_A_MODULE_VERSION]), "0.1.0"));
	CHECK_EQ(nla_get_u32(a[VCTX_A_MODULE_ABI_VERSION]), info.abi_version);
	CHECK_EQ(nla_get_u32(a[VCTX_A_MODULE_BACKEND]), info.backend);
	CHECK_EQ(nla_get_u32(a[VCTX_A_MODULE_UNAVAILABLE]), info.unavailable);
	CHECK_EQ(nla_get_u64(a[VCTX_A_MODULE_FEATURES]), info.features);
	CHECK_EQ(nla_get_u64(a[VCTX_A_MODULE_LIMITS]), info.limits);
	CHECK_EQ(nla_get_u32(a[VCTX_A_MODULE_CONTEXTS]), info.contexts);
	CHECK_GE(nla_get_u32(a[VCTX_A_MODULE_CONTEXTS]), 1U);
	CHECK_LE(nla_get_u32(a[VCTX_A_MODULE_CONTEXT_BYTES]), 1024U);
	CHECK(a[VCTX_A_MODULE_EVENTS_LOST]);
	++*(int *)arg;
}

static void module(const void *arg)
{
	struct nl_sock *sock = genl_open();
	int answers = 0;

	(void)arg;
	ctx_enter(0);
	CHECK_EQ(genl_call(sock, genl_request(VCTX_CMD_MODULE_GET, 0),
			   see_module, &answers), 0);
	CHECK_EQ(answers, 1);
	nl_socket_free(sock);
}

static void itself(const void *arg)
{
	struct vctx_stats before, after;
	struct seen me;

	(void)arg;
	prctl(PR_SET_NAME, "looks at itself");
	CHECK_EQ(count(VCTX_A_CONTEXT_TID, getpid()), 0);
	ctx_enter(CTX_ALL);
	usleep(10000);
	before = ctx_stats();
	me = find(getpid());
	after = ctx_stats();
	CHECK_EQ(me.tid, (uint32_t)getpid());
	CHECK_EQ(me.pid, (uint32_t)getpid());
	CHECK_EQ(me.uid, 0U);
	CHECK_EQ(me.state, (uint32_t)VCTX_CONTEXT_NATIVE);
	CHECK_EQ(me.flags, CTX_ALL);
	CHECK(!strcmp(me.comm, "looks at itself"));
	CHECK_GE(me.age_ns, 10 * NSEC_PER_MSEC);
	CHECK_LE(me.age_ns, 20 * SECOND);
	CHECK_LE(before.entries, me.entries);
	CHECK_LE(me.entries, after.entries);
	CHECK_LE(before.exits[VCTX_EXIT_SYSCALL], me.syscalls);
	CHECK_LE(me.syscalls, after.exits[VCTX_EXIT_SYSCALL]);
	CHECK_LE(before.guest_ns, me.guest_ns);
	CHECK(!me.has_fell_back);
	CHECK_EQ(__ask(VCTX_CMD_CONTEXT_GET, VCTX_A_CONTEXT_ID, me.id), 0);
	CHECK_EQ(__ask(VCTX_CMD_CONTEXT_GET, VCTX_A_CONTEXT_TID, me.tid), 0);
	ctx_leave();
	CHECK_EQ(__ask(VCTX_CMD_CONTEXT_GET, VCTX_A_CONTEXT_ID, me.id), -ENOENT);
	CHECK(!strcmp(genl_text, "there is no such context"));
}

static void *sleeping_thread(void *unused)
{
	prctl(PR_SET_NAME, "a thread");
	pause();
	return unused;
}

static void filters(const void *arg)
{
	pid_t sleeper = start_sleeping(), other = start_sleeping();
	struct nl_sock *sock = genl_open();
	struct nl_msg *request;
	struct list list = { };
	pthread_t thread;

	(void)arg;
	ctx_enter(CTX_ALL);
	REQUIRE(!pthread_create(&thread, NULL, sleeping_thread, NULL));
	while (count(VCTX_A_CONTEXT_PID, getpid()) != 2 ||
	       count(VCTX_A_CONTEXT_STATE, VCTX_CONTEXT_SLEEPING) != 3)
		usleep(1000);
	CHECK_EQ(count(VCTX_A_CONTEXT_TID, getpid()), 1);
	CHECK_EQ(count(VCTX_A_CONTEXT_PID, sleeper), 1);
	CHECK_EQ(count(VCTX_A_CONTEXT_TREE, sleeper), 1);
	CHECK_EQ(count(VCTX_A_CONTEXT_TREE, getpid()), 4);
	CHECK_EQ(count(VCTX_A_CONTEXT_TREE, getppid()), 4);
	CHECK_EQ(count(VCTX_A_CONTEXT_UID, 12345), 0);
	CHECK_GE(count(VCTX_A_CONTEXT_UID, 0), 4);
	CHECK_EQ(count(VCTX_A_CONTEXT_CPU, 4000), 0);
	CHECK_EQ(count(VCTX_A_CONTEXT_STATE, VCTX_CONTEXT_NATIVE), 1);
	/* Two fit both. */
	request = genl_request(VCTX_CMD_CONTEXT_GET, NLM_F_DUMP);
	nla_put_u32(request, VCTX_A_CONTEXT_TREE, getpid());
	nla_put_u32(request, VCTX_A_CONTEXT_STATE, VCTX_CONTEXT_SLEEPING);
	nla_put_string(request, VCTX_A_CONTEXT_COMM, "netlink");
	CHECK_EQ(genl_call(sock, request, see, &list), 0);
	CHECK_EQ(list.n, 2);
	nl_socket_free(sock);
	end(sleeper);
	end(other);
}

static void wait_shown(pid_t pid, enum vctx_context_state state)
{
	uint64_t until = now_ns() + 10 * SECOND;

	while (find(pid).state != state && now_ns() < until)
		usleep(1000);
	CHECK_EQ(find(pid).state, (uint32_t)state);
}

static void states(const void *arg)
{
	struct shared *shared = share();
	pid_t sleeper = start_sleeping(), pid;

	(void)arg;
	CHECK_EQ(find(sleeper).state, (uint32_t)VCTX_CONTEXT_SLEEPING);
	end(sleeper);
	/* Elsewhere, if there is another CPU. */
	pin(nr_cpus() - 1);
	pid = start_computing(shared, CTX_ALL);
	pin(0);
	wait_shown(pid, nr_cpus() > 1 ? VCTX_CONTEXT_GUEST : VCTX_CONTEXT_READY);
	kill(pid, SIGSTOP);
	wait_shown(pid, VCTX_CONTEXT_STOPPED);
	kill(pid, SIGCONT);
	CHECK_EQ(stop_computing(shared, pid), 0);
}

struct cpu {
	uint32_t wanted, state, tid;
	uint64_t stay_ns;
	bool tick_held;
	int seen;
};

static void see_cpu(struct nlattr **a, void *arg)
{
	struct cpu *cpu = arg;

	cpu->seen++;
	if (nla_get_u32(a[VCTX_A_CPU_CPU]) != cpu->wanted)
		return;
	cpu->state = nla_get_u32(a[VCTX_A_CPU_STATE]);
	cpu->tid = a[VCTX_A_CPU_TID] ? nla_get_u32(a[VCTX_A_CPU_TID]) : 0;
	cpu->stay_ns = a[VCTX_A_CPU_STAY_NS] ?
		       nla_get_u64(a[VCTX_A_CPU_STAY_NS]) : 0;
	cpu->tick_held = a[VCTX_A_CPU_TICK_HELD];
}

static struct cpu look_at_cpu(uint32_t number)
{
	struct nl_sock *sock = genl_open();
	struct cpu cpu = { .wanted = number };

	CHECK_EQ(genl_call(sock, genl_request(VCTX_CMD_CPU_GET, NLM_F_DUMP),
			   see_cpu, &cpu), 0);
	nl_socket_free(sock);
	return cpu;
}

static void cpus(const void *arg)
{
	struct cpu cpu;

	(void)arg;
	pin(nr_cpus() - 1);
	ctx_enter(0);
	cpu = look_at_cpu(nr_cpus() - 1);
	CHECK_EQ(cpu.seen, nr_cpus());
	CHECK_EQ(cpu.state, (uint32_t)VCTX_CPU_ON);
	CHECK_EQ(cpu.tid, (uint32_t)getpid());
	CHECK_EQ(cpu.stay_ns, 0ULL);
	CHECK_EQ(__ask(VCTX_CMD_CPU_GET, VCTX_A_CPU_CPU, 0), 0);
	CHECK_EQ(__ask(VCTX_CMD_CPU_GET, 0, 0), -EINVAL);
	CHECK_EQ(__ask(VCTX_CMD_CPU_GET, VCTX_A_CPU_CPU, 4000), -ENOENT);
	CHECK(genl_text[0]);
}

/* From another CPU, of one that holds its tick and stays in the guest. */
static void holder(const void *arg)
{
	struct shared *shared = share();
	uint64_t until = now_ns() + 20 * SECOND, guest_ns;
	struct seen seen;
	struct cpu cpu;
	pid_t pid;

	(void)arg;
	pin(1);
	pid = start_computing(shared, VCTX_ENTER_TICKLESS);
	pin(0);
	do {
		usleep(1000);
		seen = find(pid);
	} while (!seen.tick_held && now_ns() < until);
	CHECK(seen.tick_held);
	CHECK_GE(seen.tick_bound_ns, 1000 * NSEC_PER_MSEC);
	/* Time goes on, though the counters stand still. */
	do {
		guest_ns = find(pid).guest_ns;
		usleep(50000);
		cpu = look_at_cpu(1);
	} while ((!cpu.tick_held || cpu.stay_ns < 40 * NSEC_PER_MSEC) &&
		 now_ns() < until);
	CHECK_GE(cpu.stay_ns, 40 * NSEC_PER_MSEC);
	CHECK(cpu.tick_held);
	CHECK_EQ(cpu.tid, (uint32_t)pid);
	CHECK_GE(find(pid).guest_ns, guest_ns + 40 * NSEC_PER_MSEC);
	CHECK_EQ(stop_computing(shared, pid), 0);
}

/* Policy */

struct policy {
	uint32_t enabled, max_contexts, max_per_user, tick_hold;
	uint32_t tick_unprivileged, tick_max_ms;
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
		.tick_cpus = "0",
	}, wrong = wanted, got;

	(void)arg;
	begin_policy();
	CHECK_EQ(original.enabled, 1U);
	CHECK_EQ(original.max_contexts, 0U);
	CHECK_EQ(original.max_per_user, 0U);
	CHECK_EQ(__set_policy(&wanted), 0);
	got = get_policy();
	CHECK(same(&got, &wanted));
	/* All or nothing. */
	wrong.max_contexts = 7;
	strcpy(wrong.tick_cpus, "0,x");
	CHECK_EQ(__set_policy(&wrong), -EINVAL);
	CHECK(strstr(genl_text, "CPUs"));
	strcpy(wrong.tick_cpus, "0");
	wrong.enabled = 2;
	CHECK_EQ(__set_policy(&wrong), -ERANGE);
	got = get_policy();
	CHECK(same(&got, &wanted));
	/* One alone leaves the others. */
	CHECK_EQ(__ask(VCTX_CMD_POLICY_SET, VCTX_A_POLICY_MAX_CONTEXTS, 9), 0);
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

/* Who asks while it changes gets the one or the other, and the log stays clean. */
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
	CHECK_EQ(__ask(VCTX_CMD_POLICY_SET, VCTX_A_POLICY_MAX_CONTEXTS, 9),
		 -EPERM);
	CHECK(strstr(genl_text, "CAP_NET_ADMIN or CAP_SYS_ADMIN"));
	CHECK_EQ(__ask(VCTX_CMD_EVICT, VCTX_A_EVICT_PID, getppid()), -EPERM);
	CHECK(strstr(genl_text, "CAP_NET_ADMIN or CAP_SYS_ADMIN"));
	sock = genl_open();
	CHECK_EQ(genl_listen(sock), -EPERM);
	/* But anybody may look. */
	CHECK_GE(count(0, 0), 1);
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
	CHECK_EQ(__ctx_enter(test_fd, 0), -EPERM);
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
	/* What exists goes on; a child runs natively, and is counted. */
	CHECK(ctx_here());
	in_child(enters_no_more);
	CHECK_EQ(ctx_tally().native[VCTX_NATIVE_POLICY], 1ULL);
	restore_policy();
	CHECK_EQ(__ctx_info(test_fd, &info), 0);
	CHECK_EQ(info.unavailable, (uint32_t)VCTX_AVAILABLE);
}

static void no_room_for_another(void)
{
	CHECK_EQ(__ctx_enter(test_fd, 0), -ENOSPC);
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

static void user_with_two(void)
{
	pid_t pid;

	as_nobody();
	ctx_enter(VCTX_ENTER_INHERIT);
	pid = fork();
	if (!pid) {
		CHECK(ctx_here());
		/* The third. */
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
			if (!fork())
				_exit(__ctx_enter(test_fd, 0) != -EDQUOT);
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
	/* Who may exceed limits is exempt. */
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
	CHECK_EQ(__ctx_enter_tickless(test_fd, 0, 1000000), -EPERM);
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

/* Eviction */

/* At once, also with the tick held; the thread goes on where it was. */
static void evict_computing(const void *arg)
{
	uint64_t flags = arg ? VCTX_ENTER_TICKLESS : CTX_ALL, start;
	struct shared *shared = share();
	pid_t pid;

	if (nr_cpus() > 1)
		pin(1);
	pid = start_computing(shared, flags);
	pin(0);
	usleep(100000);
	start = now_ns();
	CHECK_EQ(genl_evict(VCTX_A_EVICT_ID, find(pid).id), 1);
	CHECK_LE(now_ns() - start, 2 * SECOND);
	CHECK_EQ(count(VCTX_A_CONTEXT_PID, pid), 0);
	wait_progress(shared);
	CHECK_EQ(stop_computing(shared, pid), 77);
}

/* It is not woken up: its system call goes on. */
static void evict_sleeping(const void *arg)
{
	int pipes[2];
	char byte;
	pid_t pid;

	(void)arg;
	REQUIRE(!pipe(pipes));
	pid = fork();
	if (!pid) {
		ctx_enter(CTX_ALL);
		if (read(pipes[0], &byte, 1) != 1 || byte != 'x')
			_exit(1);
		_exit(__ctx_leave(test_fd) == -ENXIO ? 77 : 2);
	}
	while (count(VCTX_A_CONTEXT_PID, pid) != 1)
		usleep(1000);
	wait_state(pid, 'S');
	CHECK_EQ(genl_evict(VCTX_A_EVICT_PID, pid), 1);
	CHECK_EQ(count(VCTX_A_CONTEXT_PID, pid), 0);
	REQUIRE(write(pipes[1], "x", 1) == 1);
	CHECK_EQ(wait_exit(pid), 77);
}

/* One that forks all the time; none that are forked later has a context. */
static void evict_tree(const void *arg)
{
	struct shared *shared = share();
	pid_t other = start_sleeping(), pid = fork();

	(void)arg;
	if (!pid) {
		ctx_enter(CTX_ALL);
		while (!shared->done) {
			if (!fork()) {
				burn(2 * NSEC_PER_MSEC);
				_exit(0);
			}
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
			usleep(500);
			shared->progress += 100;
		}
		while (waitpid(-1, NULL, 0) > 0)
			;
		_exit(__ctx_leave(test_fd) == -ENXIO ? 77 : 0);
	}
	wait_progress(shared);
	CHECK_GE(genl_evict(VCTX_A_EVICT_TREE, pid), 1);
	CHECK_EQ(count(VCTX_A_CONTEXT_TREE, pid), 0);
	wait_progress(shared);
	CHECK_EQ(count(VCTX_A_CONTEXT_TREE, pid), 0);
	CHECK_EQ(stop_computing(shared, pid), 77);
	CHECK_EQ(count(VCTX_A_CONTEXT_PID, other), 1);
	end(other);
}

static void evict_all(const void *arg)
{
	struct shared *shared = share();
	pid_t sleeper = start_sleeping(), computer;

	(void)arg;
	computer = start_computing(shared, CTX_ALL);
	ctx_enter(CTX_ALL);
	/* The caller, too. */
	CHECK_GE(genl_evict(VCTX_A_EVICT_ALL, 0), 3);
	CHECK(!ctx_here());
	CHECK_EQ(count(VCTX_A_CONTEXT_TREE, getpid()), 0);
	CHECK_EQ(stop_computing(shared, computer), 77);
	end(sleeper);
	/* And enters again. */
	ctx_enter(0);
}

static long is_evicted(void *unused)
{
	(void)unused;
	CHECK_EQ(vctx_in_context(), 1);
	genl_evict(VCTX_A_EVICT_PID, getpid());
	CHECK_EQ(vctx_in_context(), 0);
	return 42;
}

static long is_in_context(void *unused)
{
	(void)unused;
	return vctx_in_context();
}

static void evict_library(const void *arg)
{
	(void)arg;
	CHECK_EQ(vctx_run(is_evicted, NULL), 42L);
	CHECK_EQ(vctx_run(is_in_context, NULL), 1L);
}

static void evict_errors(const void *arg)
{
	(void)arg;
	CHECK_EQ(__ask(VCTX_CMD_EVICT, 0, 0), -EINVAL);
	CHECK(strstr(genl_text, "one of"));
	CHECK_EQ(__ask(VCTX_CMD_EVICT, VCTX_A_EVICT_ID, 2000000000), -ENOENT);
	CHECK(!strcmp(genl_text, "there is no such context"));
	CHECK_EQ(__ask(VCTX_CMD_EVICT, VCTX_A_EVICT_PID, 2000000000), -ESRCH);
	CHECK(!strcmp(genl_text, "there is no such process"));
	CHECK_EQ(__ask(VCTX_CMD_EVICT, VCTX_A_EVICT_ID, 0), -ERANGE);
	CHECK_EQ(__ask(VCTX_CMD_EVICT, 30, 1), -EINVAL);
	CHECK(genl_text[0]);
	CHECK_EQ(__ask(VCTX_CMD_CONTEXT_GET, 0, 0), -EINVAL);
	CHECK(genl_text[0]);
	CHECK_EQ(__ask(VCTX_CMD_MODULE_GET, 1, 1), -EINVAL);
	CHECK_EQ(__ask(99, 0, 0), -EOPNOTSUPP);
}

/* Events */

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
	/* Others' are not counted. */
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

/* Until one of @type has come. */
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

static void events(const void *arg)
{
	struct events events = { };
	struct nl_sock *sock = listen_to(&events);
	pid_t pid = fork();

	(void)arg;
	if (!pid) {
		comes_and_goes();
		_exit(0);
	}
	events.tid = pid;
	CHECK_EQ(wait_exit(pid), 0);
	hear(sock, &events, VCTX_EVENT_LEFT);
	CHECK_EQ(events.of[VCTX_EVENT_ENTERED], 1);
	CHECK_EQ(events.of[VCTX_EVENT_FELL_BACK], 1);
	CHECK_EQ(events.reason, (uint32_t)VCTX_NATIVE_IOPORT);
	CHECK_EQ(events.of[VCTX_EVENT_LEFT], 1);
	CHECK_GE(events.entries, 1ULL);

	pid = start_sleeping();
	events.tid = pid;
	genl_evict(VCTX_A_EVICT_PID, pid);
	hear(sock, &events, VCTX_EVENT_EVICTED);
	end(pid);
	CHECK_EQ(events.of[VCTX_EVENT_LEFT], 1);

	begin_policy();
	restore_policy();
	hear(sock, &events, VCTX_EVENT_POLICY);
	nl_socket_free(sock);
}

static void tick_events(const void *arg)
{
	struct events events = { };
	struct nl_sock *sock = listen_to(&events);
	struct shared *shared = share();
	pid_t pid;

	pin(1);
	pid = start_computing(shared, VCTX_ENTER_TICKLESS);
	events.tid = pid;
	pin(0);
	hear(sock, &events, VCTX_EVENT_TICK_HELD);
	usleep(300000);
	if (arg)
		end(pid);
	else
		CHECK_EQ(stop_computing(shared, pid), 0);
	hear(sock, &events, VCTX_EVENT_LEFT);
	CHECK_GE(events.of[VCTX_EVENT_TICK_GIVEN_BACK], 1);
	/* Each that began has ended. */
	CHECK_EQ(events.of[VCTX_EVENT_TICK_GIVEN_BACK],
		 events.of[VCTX_EVENT_TICK_HELD]);
	CHECK_GE(events.ticks_held, TICKS_PER_SEC / 10);
	nl_socket_free(sock);
}

/* Namespaces */

static void in_container(void)
{
	struct events events = { };
	struct nl_sock *sock = listen_to(&events);
	struct list list;
	pid_t pid;

	CHECK_EQ(getpid(), 1);
	ctx_enter(0);
	list = dump(0, 0);
	CHECK_EQ(list.n, 1);
	CHECK_EQ(list.at[0].tid, 1U);
	pid = fork();
	if (!pid) {
		comes_and_goes();
		_exit(0);
	}
	events.tid = pid;
	CHECK_EQ(wait_exit(pid), 0);
	hear(sock, &events, VCTX_EVENT_LEFT);
	CHECK_EQ(events.of[VCTX_EVENT_ENTERED], 1);
	CHECK_EQ(genl_evict(VCTX_A_EVICT_ALL, 0), 1);
	CHECK(!ctx_here());
	nl_socket_free(sock);
}

static void container(const void *arg)
{
	struct events events = { };
	struct nl_sock *sock = listen_to(&events);
	pid_t outside = start_sleeping();

	(void)arg;
	REQUIRE(!unshare(CLONE_NEWPID | CLONE_NEWNET));
	in_child(in_container);
	/* What is outside is left alone, and is told of what is inside. */
	CHECK_EQ(count(VCTX_A_CONTEXT_PID, outside), 1);
	hear(sock, &events, VCTX_EVENT_EVICTED);
	nl_socket_free(sock);
	end(outside);
}

#define CASE(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF }
#define UNUSED(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF | T_UNUSED }
#define SMP(fn)		{ #fn, fn, NULL, T_DEVICE | T_SELF | T_SMP }

static const struct test tests[] = {
	CASE(module),
	CASE(itself),
	CASE(filters),
	CASE(states),
	CASE(cpus),
	SMP(holder),
	UNUSED(policy),
	{ "policy_changes", policy_changes, NULL, T_DEVICE | T_SELF | T_SMP | T_UNUSED },
	CASE(unprivileged),
	CASE(disabled),
	CASE(max_contexts),
	CASE(max_per_user),
	CASE(tick_unprivileged),
	CASE(evict_computing),
	{ "evict_holder", evict_computing, &tests, T_DEVICE | T_SELF | T_SMP },
	CASE(evict_sleeping),
	CASE(evict_tree),
	CASE(evict_all),
	UNUSED(evict_library),
	UNUSED(evict_errors),
	CASE(events),
	SMP(tick_events),
	{ "tick_events_killed", tick_events, &tests, T_DEVICE | T_SELF | T_SMP },
	CASE(container),
};

TEST_MAIN(tests)
