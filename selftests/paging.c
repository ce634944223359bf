// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts with nested paging and without: who has which, that a CPU changes from one to
 * the other, and when there is an identity map.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "genl.h"
#include "vctx_selftest.h"

#define POLICY	"/sys/module/vcontext/parameters/paging"
#define PAGE	4096UL

static bool has_nested(void)
{
	struct vctx_info info;

	REQUIRE(!__ctx_info(test_fd, &info));
	return info.features & VCTX_FEATURE_NESTED_PAGING;
}

static void need_nested(void)
{
	if (!has_nested())
		test_skip("this machine has no nested paging");
}

/* Each case ends with the policy that it began with. */
static char original[16];

static void restore_policy(void)
{
	write_file(POLICY, original);
}

static void begin_policy(void)
{
	int fd = open(POLICY, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		test_skip("no parameters of the module in sysfs");
	REQUIRE(read(fd, original, sizeof(original) - 1) > 0);
	close(fd);
}

/* Whether a new context has nested paging. */
static bool gets_nested(uint64_t flags)
{
	uint64_t nested;

	ctx_enter(flags);
	nested = ctx_stats().nested;
	CHECK_LE(nested, 1ULL);
	ctx_leave();
	return nested;
}

static bool is_virtual_machine(void)
{
	return !system("grep -qw hypervisor /proc/cpuinfo");
}

static void policy(const void *arg)
{
	(void)arg;
	begin_policy();
	write_file(POLICY, "direct");
	CHECK(!gets_nested(0));
	write_file(POLICY, "auto");
	CHECK_EQ(gets_nested(0), has_nested() && is_virtual_machine());
	if (has_nested()) {
		write_file(POLICY, "nested\n");
		CHECK(gets_nested(0));
	}
	restore_policy();
}

/* What is no policy is refused, and changes nothing. */
static void no_policy(const void *arg)
{
	static const char *const wrong[] = { "neither", "nestedx", "direct nested", "2" };
	char now[sizeof(original)] = "";
	int fd;

	(void)arg;
	begin_policy();
	fd = open(POLICY, O_RDWR | O_CLOEXEC);
	REQUIRE(fd >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CHECK_EQ(write(fd, wrong[i], strlen(wrong[i])), -1L);
		CHECK_EQ(errno, EINVAL);
	}
	CHECK(pread(fd, now, sizeof(now) - 1, 0) > 0);
	CHECK(!strcmp(now, original));
	close(fd);
}

static void ask_for_nested(void)
{
	CHECK(gets_nested(VCTX_ENTER_NESTED));
	CHECK(!gets_nested(0));
}

static void is_nested(void)
{
	CHECK_EQ(ctx_stats().nested, 1ULL);
}

static void is_direct(void)
{
	CHECK_EQ(ctx_stats().nested, 0ULL);
}

/* Who asks for nested paging has it, and so have children, whatever the policy says. */
static void flag(const void *arg)
{
	(void)arg;
	need_nested();
	begin_policy();
	write_file(POLICY, "direct");
	in_child(ask_for_nested);
	ctx_enter(VCTX_ENTER_NESTED | CTX_ALL);
	in_child(is_nested);
	write_file(POLICY, "nested");
	in_child(is_nested);
	ctx_leave();
	write_file(POLICY, "direct");
	ctx_enter(CTX_ALL);
	/* A change of the policy is for contexts that begin anew. */
	write_file(POLICY, "nested");
	is_direct();
	in_child(is_direct);
	CHECK_EQ(ctx_tally().nested, 4ULL);
	CHECK_EQ(ctx_tally().contexts, 7ULL);
	restore_policy();
}

static uint32_t unavailable(void)
{
	struct vctx_info info;

	REQUIRE(!__ctx_info(test_fd, &info));
	return info.unavailable;
}

static void refused(const void *arg)
{
	(void)arg;
	if (has_nested())
		test_skip("this machine has nested paging");
	begin_policy();
	ctx_refused(VCTX_ENTER_NESTED, 0, -ENODEV, VCTX_UNAVAILABLE_NESTED);
	write_file(POLICY, "nested");
	ctx_refused(0, 0, -ENODEV, VCTX_UNAVAILABLE_NESTED);
	CHECK_EQ(unavailable(), (uint32_t)VCTX_UNAVAILABLE_NESTED);
	write_file(POLICY, "auto");
	CHECK_EQ(unavailable(), (uint32_t)VCTX_AVAILABLE);
	CHECK(!gets_nested(0));
	/* A context that exists makes no difference. */
	ctx_enter(CTX_ALL);
	if (!fork()) {
		ctx_leave();
		ctx_refused(VCTX_ENTER_NESTED, 0, -ENODEV, VCTX_UNAVAILABLE_NESTED);
		_exit(0);
	}
	CHECK_EQ(wait_exit(-1), 0);
	restore_policy();
}

static void see_bytes(struct nlattr **a, void *arg)
{
	*(uint64_t *)arg = nla_get_u64(a[VCTX_A_MODULE_IDMAP_BYTES]);
}

static uint64_t map_bytes(void)
{
	struct nl_sock *sock = genl_open();
	uint64_t bytes = ~0ULL;

	CHECK_EQ(genl_call(sock, genl_request(VCTX_CMD_MODULE_GET, 0), see_bytes,
			   &bytes), 0);
	nl_socket_free(sock);
	return bytes;
}

/* A process that has a context until stop() is called. */
static pid_t start(uint64_t flags)
{
	int ready[2];
	char byte;
	pid_t pid;

	REQUIRE(!pipe2(ready, O_CLOEXEC));
	pid = fork();
	if (!pid) {
		ctx_enter(flags);
		REQUIRE(write(ready[1], "", 1) == 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	REQUIRE(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	return pid;
}

static void stop(pid_t pid)
{
	hog_stop(pid);
}

/* The map is freed ten seconds after the last context. */
static void wait_for_no_map(void)
{
	while (map_bytes())
		usleep(100000);
}

/* The map is there from the first context that needs it until after the last of all. */
static void map(const void *arg)
{
	pid_t direct, nested;

	(void)arg;
	need_nested();
	begin_policy();
	write_file(POLICY, "direct");
	wait_for_no_map();
	direct = start(0);
	CHECK_EQ(map_bytes(), 0ULL);
	nested = start(VCTX_ENTER_NESTED);
	CHECK_GE(map_bytes(), 2 * PAGE);
	CHECK_EQ(map_bytes() % PAGE, 0ULL);
	stop(nested);
	CHECK_GE(map_bytes(), 2 * PAGE);
	stop(direct);
	/* Who comes right after it need not build the map again. */
	CHECK_GE(map_bytes(), 2 * PAGE);
	wait_for_no_map();
	nested = start(VCTX_ENTER_NESTED);
	CHECK_GE(map_bytes(), 2 * PAGE);
	stop(nested);
	restore_policy();
}

/* Enter, touch memory that is no RAM, leave: the faults of the identity map. */
static uint64_t touch_as(uint64_t flags, const volatile uint64_t *at)
{
	uint64_t faults;

	ctx_enter(flags);
	/* The system call begins a stay, and the access follows in it. */
	getppid();
	(void)*at;
	faults = ctx_stats().exits[VCTX_EXIT_NESTED_FAULT];
	ctx_leave();
	return faults;
}

/*
 * One thread changes over, in one mm and on one CPU.  Only with nested paging is there a
 * fault at memory that is no RAM, and once for each map.
 */
static void change_over(const void *arg)
{
	const volatile uint64_t *at = map_firmware(PAGE);
	pid_t other;

	(void)arg;
	REQUIRE(!__module_unload("vcontext") && !__module_load("vcontext"));
	test_fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);
	REQUIRE(test_fd >= 0);
	need_nested();
	begin_policy();
	write_file(POLICY, "direct");
	pin(0);
	(void)*at;
	other = start(0);
	CHECK_EQ(touch_as(0, at), 0ULL);
	CHECK_EQ(touch_as(VCTX_ENTER_NESTED, at), 1ULL);
	CHECK_EQ(touch_as(0, at), 0ULL);
	CHECK_EQ(touch_as(VCTX_ENTER_NESTED, at), 0ULL);
	stop(other);
	restore_policy();
}

/* How often the CPU's tag was flushed for a context that changes nothing in the mm. */
static uint64_t flushes_as(uint64_t flags)
{
	uint64_t flushes;

	ctx_enter(flags);
	for (int i = 0; i < 10; i++)
		getppid();
	flushes = ctx_stats().tlb_flushes;
	ctx_leave();
	return flushes;
}

/*
 * Whether no tag need be flushed when the CPU goes from one to the other.  The kernel may
 * change the mm for a reason of its own, but not each time.
 */
static bool keeps_tags(uint64_t one, uint64_t other)
{
	for (int tries = 10; tries; tries--)
		if (!flushes_as(one) && !flushes_as(other))
			return true;
	return false;
}

/* What a mm has cached with nested paging and without has tags of its own. */
static void tags(const void *arg)
{
	struct vctx_info info;
	pid_t other;

	(void)arg;
	need_nested();
	CHECK_EQ(__ctx_info(test_fd, &info), 0);
	if (!(info.features & VCTX_FEATURE_TLB_TAGS))
		test_skip("this processor has no TLB tags");
	begin_policy();
	write_file(POLICY, "direct");
	pin(0);
	/* As long as there is another context, CPUs remember their tags. */
	other = start(VCTX_ENTER_NESTED);
	sched_yield();
	CHECK(keeps_tags(0, 0));
	CHECK_GE(flushes_as(VCTX_ENTER_NESTED), 1ULL);
	CHECK(keeps_tags(0, VCTX_ENTER_NESTED));
	stop(other);
	restore_policy();
}

/* Two threads of one mm take turns on a CPU, and each replaces the page under the other. */
#define TURNS	40

static uint64_t *page;
static unsigned int turn;

static unsigned int whose_turn(void)
{
	return __atomic_load_n(&turn, __ATOMIC_ACQUIRE);
}

static void replace_page(uint64_t value)
{
	page = mmap(page, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	REQUIRE(page != MAP_FAILED);
	*page = value;
}

static void take_turns(unsigned int mine, uint64_t flags)
{
	ctx_enter(flags);
	for (unsigned int i = mine; i < TURNS; i += 2) {
		while (whose_turn() != i)
			sched_yield();
		CHECK_EQ(*(volatile uint64_t *)page, i);
		replace_page(i + 1);
		__atomic_store_n(&turn, i + 1, __ATOMIC_RELEASE);
	}
	ctx_leave();
}

static void *nested_main(void *arg)
{
	take_turns(1, VCTX_ENTER_NESTED);
	return arg;
}

static void one_mm(void)
{
	pthread_t thread;

	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(page != MAP_FAILED);
	REQUIRE(!pthread_create(&thread, NULL, nested_main, NULL));
	take_turns(0, 0);
	REQUIRE(!pthread_join(thread, NULL));
	CHECK_EQ(*page, (uint64_t)TURNS);
}

/* Several such pairs in turn, of different mms: more than there are tags. */
#define PAIRS	6

static void pairs(const void *arg)
{
	pid_t pids[PAIRS];

	(void)arg;
	need_nested();
	begin_policy();
	write_file(POLICY, "direct");
	pin(0);
	for (int i = 0; i < PAIRS; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			one_mm();
			_exit(0);
		}
	}
	for (int i = 0; i < PAIRS; i++)
		CHECK_EQ(wait_exit(pids[i]), 0);
	restore_policy();
}

#define CASE(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF }
#define UNUSED(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF | T_UNUSED }

static const struct test tests[] = {
	CASE(policy),
	UNUSED(no_policy),
	CASE(flag),
	UNUSED(refused),
	CASE(map),
	{ "change_over", change_over, NULL, T_DEVICE | T_SELF | T_ALONE },
	CASE(tags),
	CASE(pairs),
};

TEST_MAIN(tests)
