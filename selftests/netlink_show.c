// SPDX-License-Identifier: GPL-2.0-only
/* What the generic netlink family shows of the module, of contexts and of CPUs. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <netlink/genl/genl.h>

#include "contexts.h"
#include "genl.h"
#include "vctx.h"
#include "vctx_selftest.h"

#define SECOND	NSEC_PER_SEC

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
	CHECK(a[VCTX_A_MODULE_IDMAP_BYTES]);
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
	struct ctx_seen me;

	(void)arg;
	prctl(PR_SET_NAME, "looks at itself");
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_TID, getpid()), 0);
	ctx_enter(CTX_ALL);
	usleep(10000);
	before = ctx_stats();
	me = ctx_find(getpid());
	after = ctx_stats();
	CHECK_EQ(me.tid, (uint32_t)getpid());
	CHECK_EQ(me.pid, (uint32_t)getpid());
	CHECK_EQ(me.uid, 0U);
	CHECK_EQ(me.state, (uint32_t)VCTX_CONTEXT_NATIVE);
	CHECK_EQ(me.flags, CTX_ALL);
	CHECK_EQ(me.paging, (uint32_t)(after.nested ? VCTX_PAGING_NESTED :
						      VCTX_PAGING_DIRECT));
	CHECK(!strcmp(me.comm, "looks at itself"));
	CHECK_GE(me.age_ns, 10 * NSEC_PER_MSEC);
	CHECK_LE(me.age_ns, 20 * SECOND);
	CHECK_LE(before.entries, me.entries);
	CHECK_LE(me.entries, after.entries);
	CHECK_LE(before.exits[VCTX_EXIT_SYSCALL], me.syscalls);
	CHECK_LE(me.syscalls, after.exits[VCTX_EXIT_SYSCALL]);
	CHECK_LE(before.guest_ns, me.guest_ns);
	CHECK(!me.has_fell_back);
	CHECK_EQ(__genl_ask(VCTX_CMD_CONTEXT_GET, VCTX_A_CONTEXT_ID, me.id), 0);
	CHECK_EQ(__genl_ask(VCTX_CMD_CONTEXT_GET, VCTX_A_CONTEXT_TID, me.tid), 0);
	ctx_leave();
	CHECK_EQ(__genl_ask(VCTX_CMD_CONTEXT_GET, VCTX_A_CONTEXT_ID, me.id), -ENOENT);
	CHECK(!strcmp(genl_text, "there is no such context"));
}

/* A context with a bell shows what VCTX_IOC_BELL_STATS says of it, and another shows none. */
static void bell(const void *arg)
{
	struct vctx_bell_stats stats = { .size = sizeof(stats) };
	volatile int heard = 0;
	struct ctx_seen me;
	int fd;

	(void)arg;
	ctx_enter(0);
	CHECK(!ctx_find(getpid()).has_bell);
	REQUIRE(!vctx_bell_open(test_hear, (void *)&heard, 0));
	CHECK(ctx_find(getpid()).has_bell);
	fd = vctx_bell_fd(3);
	vctx_mask();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(vctx_ring(fd), 0);
	me = ctx_find(getpid());
	CHECK_EQ(me.bell[VCTX_BELL_COUNT_RUNG], 3ULL);
	CHECK_EQ(me.bell[VCTX_BELL_COUNT_MERGED], 2ULL);
	CHECK_EQ(me.bell[VCTX_BELL_COUNT_KICKED], 1ULL);
	CHECK_EQ(me.bell[VCTX_BELL_COUNT_DELIVERED], 0ULL);
	vctx_unmask();
	CHECK_EQ(vctx_ring(fd), 0);
	CHECK_EQ(heard, 2);
	me = ctx_find(getpid());
	CHECK_EQ(ioctl(test_fd, VCTX_IOC_BELL_STATS, &stats), 0);
	CHECK_EQ(stats.rung, 4ULL);
	CHECK_EQ(me.bell[VCTX_BELL_COUNT_RUNG], stats.rung);
	CHECK_EQ(me.bell[VCTX_BELL_COUNT_MERGED], stats.merged);
	CHECK_EQ(me.bell[VCTX_BELL_COUNT_KICKED], stats.kicked);
	CHECK_EQ(stats.delivered, 2ULL);
	CHECK_EQ(me.bell[VCTX_BELL_COUNT_DELIVERED], stats.delivered);
	CHECK_EQ(vctx_bell_close(), 0);
	CHECK(!ctx_find(getpid()).has_bell);
}

/* While a thread opens and closes its bell, a look shows one or none, and the log stays clean. */
static void bells_come_and_go(const void *arg)
{
	volatile int heard = 0;
	pid_t pid = fork();
	int seen[2] = { };

	(void)arg;
	if (!pid) {
		ctx_enter(0);
		for (;;) {
			CHECK_EQ(vctx_bell_open(test_hear, (void *)&heard, 0), 0);
			CHECK_EQ(vctx_bell_close(), 0);
		}
	}
	while (!ctx_count(VCTX_A_CONTEXT_TID, pid))
		usleep(1000);
	for (int i = rounds(2000); i || !seen[0] || !seen[1]; i -= !!i)
		seen[ctx_find(pid).has_bell]++;
	hog_stop(pid);
}

static void *sleeping_thread(void *unused)
{
	prctl(PR_SET_NAME, "a thread");
	pause();
	return unused;
}

static void filters(const void *arg)
{
	pid_t sleeper = subject_sleeping(), other = subject_sleeping();
	struct nl_sock *sock = genl_open();
	struct nl_msg *request;
	struct ctx_list list = { };
	pthread_t thread;

	(void)arg;
	ctx_enter(CTX_ALL);
	REQUIRE(!pthread_create(&thread, NULL, sleeping_thread, NULL));
	while (ctx_count(VCTX_A_CONTEXT_PID, getpid()) != 2 ||
	       ctx_count(VCTX_A_CONTEXT_STATE, VCTX_CONTEXT_SLEEPING) != 3)
		usleep(1000);
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_TID, getpid()), 1);
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_PID, sleeper), 1);
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_TREE, sleeper), 1);
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_TREE, getpid()), 4);
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_TREE, getppid()), 4);
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_UID, 12345), 0);
	CHECK_GE(ctx_count(VCTX_A_CONTEXT_UID, 0), 4);
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_CPU, 4000), 0);
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_STATE, VCTX_CONTEXT_NATIVE), 1);
	/* Two contexts match all three. */
	request = genl_request(VCTX_CMD_CONTEXT_GET, NLM_F_DUMP);
	nla_put_u32(request, VCTX_A_CONTEXT_TREE, getpid());
	nla_put_u32(request, VCTX_A_CONTEXT_STATE, VCTX_CONTEXT_SLEEPING);
	nla_put_string(request, VCTX_A_CONTEXT_COMM, "netlink_show");
	CHECK_EQ(genl_call(sock, request, ctx_see, &list), 0);
	CHECK_EQ(list.n, 2);
	nl_socket_free(sock);
	subject_end(sleeper);
	subject_end(other);
}

static void wait_shown(pid_t pid, enum vctx_context_state state)
{
	uint64_t until = now_ns() + 10 * SECOND;
	uint32_t seen;

	/* A thread leaves the guest for each interrupt: one look counts, not a later one. */
	for (seen = ctx_find(pid).state; seen != state && now_ns() < until;
	     seen = ctx_find(pid).state)
		usleep(1000);
	CHECK_EQ(seen, (uint32_t)state);
}

static void states(const void *arg)
{
	struct subject *shared = subject_share();
	pid_t sleeper = subject_sleeping(), pid;

	(void)arg;
	/* It is about to sleep at least, and may still be on its way off the CPU. */
	wait_shown(sleeper, VCTX_CONTEXT_SLEEPING);
	subject_end(sleeper);
	/* The process is on another CPU, if there is one. */
	pin(nr_cpus() - 1);
	pid = subject_computing(shared, CTX_ALL);
	pin(0);
	wait_shown(pid, nr_cpus() > 1 ? VCTX_CONTEXT_GUEST : VCTX_CONTEXT_READY);
	kill(pid, SIGSTOP);
	wait_shown(pid, VCTX_CONTEXT_STOPPED);
	kill(pid, SIGCONT);
	CHECK_EQ(subject_stop(shared, pid), 0);
}

struct cpu {
	uint32_t wanted, state, owner, tid;
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
	cpu->owner = nla_get_u32(a[VCTX_A_CPU_OWNER]);
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
	cpu = look_at_cpu(nr_cpus() - 1);
	CHECK_EQ(cpu.state == VCTX_CPU_OFF, cpu.owner == VCTX_OWNER_NONE);
	ctx_enter(0);
	cpu = look_at_cpu(nr_cpus() - 1);
	CHECK_EQ(cpu.seen, nr_cpus());
	CHECK_EQ(cpu.state, (uint32_t)VCTX_CPU_ON);
	CHECK(cpu.owner >= VCTX_OWNER_CONTEXTS && cpu.owner <= VCTX_OWNER_KVM);
	CHECK_EQ(cpu.tid, (uint32_t)getpid());
	CHECK_EQ(cpu.stay_ns, 0ULL);
	CHECK_EQ(__genl_ask(VCTX_CMD_CPU_GET, VCTX_A_CPU_CPU, 0), 0);
	CHECK_EQ(__genl_ask(VCTX_CMD_CPU_GET, 0, 0), -EINVAL);
	CHECK_EQ(__genl_ask(VCTX_CMD_CPU_GET, VCTX_A_CPU_CPU, 4000), -ENOENT);
	CHECK(genl_text[0]);
}

/* One CPU shows what another does that holds its tick and stays in the guest. */
static void holder(const void *arg)
{
	struct subject *shared = subject_share();
	uint64_t until = now_ns() + 20 * SECOND, guest_ns;
	struct ctx_seen seen;
	struct cpu cpu;
	pid_t pid;

	(void)arg;
	pin(1);
	pid = subject_computing(shared, VCTX_ENTER_TICKLESS);
	pin(0);
	do {
		usleep(1000);
		seen = ctx_find(pid);
	} while (!seen.tick_held && now_ns() < until);
	CHECK(seen.tick_held);
	CHECK_GE(seen.tick_bound_ns, 1000 * NSEC_PER_MSEC);
	/*
	 * Time goes on, though the counters stand still.  A look begins a grace period of
	 * RCU, whose thread may run on that CPU some 50 ms later.
	 */
	do {
		guest_ns = ctx_find(pid).guest_ns;
		usleep(200000);
		cpu = look_at_cpu(1);
	} while ((!cpu.tick_held || cpu.stay_ns < 40 * NSEC_PER_MSEC) &&
		 now_ns() < until);
	CHECK_GE(cpu.stay_ns, 40 * NSEC_PER_MSEC);
	CHECK(cpu.tick_held);
	CHECK_EQ(cpu.tid, (uint32_t)pid);
	CHECK_GE(ctx_find(pid).guest_ns, guest_ns + 40 * NSEC_PER_MSEC);
	CHECK_EQ(subject_stop(shared, pid), 0);
}

#define CASE(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF }
#define SMP(fn)		{ #fn, fn, NULL, T_DEVICE | T_SELF | T_SMP }

static const struct test tests[] = {
	CASE(module),
	CASE(itself),
	CASE(bell),
	SMP(bells_come_and_go),
	CASE(filters),
	CASE(states),
	CASE(cpus),
	SMP(holder),
};

TEST_MAIN(tests)
