// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ten thousand contexts at one time: a dump has each of them once, whatever other
 * contexts come and go; they cost little memory; and they all end at once.
 *
 *   VCTX_CROWD=N    N contexts, if these are fewer
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "genl.h"
#include "vctx_selftest.h"

#define MANY		10000
#define FEWER		1000
#define STACK_BYTES	16384	/* the least that the C library takes */
#define MAX_BYTES	1024	/* of kernel memory, for a context */

/* With so many contexts, other allocations of the kernel do not matter. */
#define ENOUGH		5000

static int many;

/* What threads and processes wait for, and how many have done it. */
enum phase { CREATED, ENTERED, WORKED, ENDED };

static struct shared {
	uint32_t phase;
	uint32_t done[ENDED + 1];
	uint32_t with_context;
} *shared;

static void begin(int number)
{
	const char *given = getenv("VCTX_CROWD");
	char text[16];

	many = given ? atoi(given) : number;
	if (many > number)
		many = number;
	/* By default the kernel allows as many threads as fill an eighth of its memory. */
	snprintf(text, sizeof(text), "%d", 4 * MANY);
	write_file("/proc/sys/kernel/threads-max", text);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(shared != MAP_FAILED);
}

static void done(enum phase phase)
{
	if (__atomic_add_fetch(&shared->done[phase], 1, __ATOMIC_SEQ_CST) ==
	    (uint32_t)many)
		syscall(SYS_futex, &shared->done[phase], FUTEX_WAKE, INT_MAX);
}

static void wait_for(enum phase phase)
{
	uint32_t now;

	while ((now = __atomic_load_n(&shared->phase, __ATOMIC_SEQ_CST)) < phase)
		syscall(SYS_futex, &shared->phase, FUTEX_WAIT, now, NULL);
}

/* Lets all begin a phase, and returns when all have ended it. */
static void all_do(enum phase phase)
{
	uint32_t *count = &shared->done[phase], now;

	__atomic_store_n(&shared->phase, phase, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &shared->phase, FUTEX_WAKE, INT_MAX);
	while ((now = __atomic_load_n(count, __ATOMIC_SEQ_CST)) < (uint32_t)many)
		syscall(SYS_futex, count, FUTEX_WAIT, now, NULL);
}

static uint64_t compute(uint64_t value)
{
	for (int i = 0; i < 10000; i++)
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
	return value;
}

static void work(uint64_t number, uint64_t expected)
{
	CHECK_EQ(compute(number), expected);
	if (__ctx_leave(test_fd) == 0)
		__atomic_add_fetch(&shared->with_context, 1, __ATOMIC_SEQ_CST);
	done(WORKED);
}

/* Threads */

static pthread_t *threads;
static char *stacks;

static void *thread_main(void *arg)
{
	uint64_t expected = compute((uintptr_t)arg);
	struct vctx_info info;

	/* This gives the stack its pages before memory is counted. */
	CHECK_EQ(__ctx_info(test_fd, &info), 0);
	done(CREATED);
	wait_for(ENTERED);
	ctx_enter(0);
	done(ENTERED);
	wait_for(WORKED);
	work((uintptr_t)arg, expected);
	return NULL;
}

static void create_threads(int number)
{
	pthread_attr_t attr;

	begin(number);
	threads = calloc(many, sizeof(*threads));
	stacks = mmap(NULL, (size_t)many * STACK_BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	REQUIRE(threads && stacks != MAP_FAILED);
	/* A huge page would hold 128 stacks. */
	madvise(stacks, (size_t)many * STACK_BYTES, MADV_NOHUGEPAGE);
	pthread_attr_init(&attr);
	for (int i = 0; i < many; i++) {
		pthread_attr_setstack(&attr, stacks + (size_t)i * STACK_BYTES,
				      STACK_BYTES);
		REQUIRE(!pthread_create(&threads[i], &attr, thread_main,
					(void *)(uintptr_t)i));
	}
	all_do(CREATED);
}

static void join_threads(void)
{
	for (int i = 0; i < many; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

static void end_threads(void)
{
	all_do(WORKED);
	join_threads();
}

/* The dump */

struct seen {
	uint32_t *ids;
	int n, room;
};

static void see(struct nlattr **attrs, void *arg)
{
	struct seen *seen = arg;

	if (seen->n == seen->room) {
		seen->room = 2 * seen->room + 1024;
		seen->ids = realloc(seen->ids, seen->room * sizeof(uint32_t));
		REQUIRE(seen->ids);
	}
	seen->ids[seen->n++] = nla_get_u32(attrs[VCTX_A_CONTEXT_ID]);
}

/* All contexts that match an attribute; each ID is greater than the one before. */
static struct seen dump(int attr, uint32_t value)
{
	struct nl_sock *sock = genl_open();
	struct nl_msg *request = genl_request(VCTX_CMD_CONTEXT_GET, NLM_F_DUMP);
	struct seen seen = { };

	nla_put_u32(request, attr, value);
	CHECK_EQ(genl_call(sock, request, see, &seen), 0);
	nl_socket_free(sock);
	for (int i = 1; i < seen.n; i++)
		REQUIRE(seen.ids[i - 1] < seen.ids[i]);
	return seen;
}

static void say(const char *what, uint64_t since)
{
	printf("# %s %d contexts: %llu ms\n", what, many,
	       (unsigned long long)(now_ns() - since) / 1000000);
}

/* In a process of its own: contexts that begin and end, until it is killed. */
static pid_t start_churning(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		ctx_enter(CTX_ALL);
		if (!fork())
			_exit(0);
		wait_exit(-1);
		ctx_leave();
	}
}

static bool has(const struct seen *seen, uint32_t id)
{
	int from = 0, to = seen->n;

	while (from < to) {
		int middle = (from + to) / 2;

		if (seen->ids[middle] == id)
			return true;
		if (seen->ids[middle] < id)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

static void survives_change(const struct seen *first)
{
	pid_t churners[2] = { start_churning(), start_churning() };
	uint64_t contexts = ctx_tally().contexts;

	do {
		struct seen all = dump(VCTX_A_CONTEXT_TREE, getpid());

		CHECK_GE(all.n, many);
		for (int j = 0; j < many; j++)
			REQUIRE(has(&all, first->ids[j]));
		free(all.ids);
	} while (ctx_tally().contexts < contexts + 10);
	for (int i = 0; i < 2; i++) {
		kill(churners[i], SIGKILL);
		waitpid(churners[i], NULL, 0);
	}
	/* Their children end, too. */
	while (ctx_tally().live > (uint64_t)many)
		usleep(1000);
}

/* Memory */

static uint64_t read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned long long number = 0;

	REQUIRE(file && fscanf(file, "%llu", &number) == 1);
	fclose(file);
	return number;
}

/* The cache of contexts may be merged with another; then this is the size of both. */
static int64_t slab_bytes(void)
{
	return 4096LL << read_number("/sys/kernel/slab/vctx_context/order");
}

static int64_t cache_bytes(void)
{
	return read_number("/sys/kernel/slab/vctx_context/slabs") * slab_bytes();
}

/* A line of /proc/meminfo, in bytes. */
static int64_t meminfo(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	int64_t kib = -1;

	REQUIRE(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			kib = atoll(line + strlen(name) + 1);
	fclose(file);
	REQUIRE(kib >= 0);
	return kib * 1024;
}

/* All threads enter; they allocate nothing else meanwhile. */
static void enter_measured(void)
{
	int64_t cache = cache_bytes(), slab = meminfo("Slab");
	int64_t free = meminfo("MemFree");
	uint64_t start = now_ns();

	all_do(ENTERED);
	say("enter", start);
	cache = cache_bytes() - cache;
	slab = meminfo("Slab") - slab;
	free -= meminfo("MemFree");
	printf("# bytes a context: %lld in its cache, %lld in all of them, %lld of free memory\n",
	       (long long)cache / many, (long long)slab / many,
	       (long long)free / many);
	if (test_is_beyond("memory"))
		return;
	/* One slab may not be full. */
	CHECK_LE(cache, (int64_t)MAX_BYTES * many + slab_bytes());
	/* A few contexts may find room in slabs that are there already. */
	if (many < ENOUGH)
		return;
	CHECK_GE(cache, 512LL * many);
	CHECK_LE(slab, (int64_t)MAX_BYTES * many);
	CHECK_LE(free, (int64_t)MAX_BYTES * many);
}

/* The allocator may keep a little. */
static void expect_given_back(int64_t before)
{
	uint64_t limit = now_ns() + 10 * NSEC_PER_SEC;
	int64_t now, room = MAX_BYTES * many / 10 + 4 * slab_bytes();

	do {
		/* Free objects that a CPU keeps for itself count, too. */
		write_file("/sys/kernel/slab/vctx_context/shrink", "1");
		now = cache_bytes();
		usleep(10000);
	} while (now > before + room && now_ns() < limit);
	if (!test_is_beyond("memory"))
		CHECK_LE(now, before + room);
}

/* Processes, each with a context that it inherited */

static void processes(const void *arg)
{
	pid_t *pids;

	(void)arg;
	begin(FEWER);
	pids = calloc(many, sizeof(*pids));
	REQUIRE(pids);
	ctx_enter(VCTX_ENTER_INHERIT);
	for (int i = 0; i < many; i++) {
		pids[i] = fork();
		REQUIRE(pids[i] >= 0);
		if (pids[i])
			continue;
		done(CREATED);
		wait_for(WORKED);
		work(i, compute(i));
		_exit(0);
	}
	all_do(CREATED);
	/* The parent has one, too. */
	CHECK_EQ(dump(VCTX_A_CONTEXT_TREE, getpid()).n, many + 1);
	/* Two of them go on without a context. */
	CHECK_EQ(genl_evict(VCTX_A_EVICT_PID, pids[0]), 1);
	CHECK_EQ(genl_evict(VCTX_A_EVICT_PID, pids[many - 1]), 1);
	CHECK_EQ(dump(VCTX_A_CONTEXT_TREE, getpid()).n, many - 1);
	all_do(WORKED);
	for (int i = 0; i < many; i++)
		CHECK_EQ(wait_exit(pids[i]), 0);
	CHECK_EQ((int)shared->with_context, many - 2);
	ctx_leave();
	free(pids);
}

/* Processes, each with a context from a file of its own */

#define FILE_BYTES	512	/* of struct file and what belongs to it */

static void files(const void *arg)
{
	int64_t slab;

	(void)arg;
	begin(FEWER);
	/* The first context also allocates memory for the CPUs. */
	ctx_enter(0);
	ctx_leave();
	for (int i = 0; i < many; i++) {
		pid_t pid = fork();

		REQUIRE(pid >= 0);
		if (pid)
			continue;
		done(CREATED);
		wait_for(ENTERED);
		test_fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);
		ctx_enter(0);
		done(ENTERED);
		wait_for(WORKED);
		work(i, compute(i));
		CHECK_EQ(ctx_tally().contexts, 1ULL);
		_exit(0);
	}
	all_do(CREATED);
	slab = meminfo("Slab");
	all_do(ENTERED);
	slab = meminfo("Slab") - slab;
	printf("# bytes a context and its file: %lld\n", (long long)slab / many);
	if (many == FEWER && !test_is_beyond("memory"))
		CHECK_LE(slab, (int64_t)(MAX_BYTES + FILE_BYTES) * many);
	all_do(WORKED);
	for (int i = 0; i < many; i++)
		CHECK_EQ(wait_exit(-1), 0);
	CHECK_EQ((int)shared->with_context, many);
}

/* Many contexts are dumped, and then ended by one command. */
static void evicted(const void *arg)
{
	struct seen seen;
	uint64_t start;
	int64_t cache;

	(void)arg;
	create_threads(MANY);
	/* The first context also allocates memory for the CPUs. */
	ctx_enter(0);
	ctx_leave();
	cache = cache_bytes();
	enter_measured();
	start = now_ns();
	seen = dump(VCTX_A_CONTEXT_PID, getpid());
	say("dump", start);
	CHECK_EQ(seen.n, many);
	survives_change(&seen);
	start = now_ns();
	CHECK_EQ(genl_evict(VCTX_A_EVICT_ALL, 0), many);
	say("evict", start);
	CHECK_EQ(dump(VCTX_A_CONTEXT_PID, getpid()).n, 0);
	end_threads();
	CHECK_EQ((int)shared->with_context, 0);
	expect_given_back(cache);
}

/* Many contexts are left by their threads. */
static void left(const void *arg)
{
	int64_t cache;

	(void)arg;
	create_threads(FEWER);
	ctx_enter(0);
	ctx_leave();
	cache = cache_bytes();
	all_do(ENTERED);
	end_threads();
	CHECK_EQ((int)shared->with_context, many);
	CHECK_EQ(dump(VCTX_A_CONTEXT_PID, getpid()).n, 0);
	expect_given_back(cache);
}

#define CASE(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF }

static const struct test tests[] = {
	CASE(evicted),
	CASE(left),
	CASE(processes),
	CASE(files),
};

TEST_MAIN(tests)
