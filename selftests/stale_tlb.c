// SPDX-License-Identifier: GPL-2.0-only
/*
 * Once a system call that changes the address space has returned, no thread
 * of it may use what was there before, on whatever CPU it runs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/mempolicy.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vctx_selftest.h"

#define PAGE	4096UL
#define ROUNDS	100

static volatile uint64_t *page;

/*
 * 2 n means that round n has done with the page.  2 n - 1 means that round n has
 * taken the page away, which cannot be read now.
 */
static uint64_t state;
static uint64_t reads, faults;
static bool done;

static uint64_t get_state(void)
{
	return __atomic_load_n(&state, __ATOMIC_ACQUIRE);
}

static void set_state(uint64_t value)
{
	__atomic_store_n(&state, value, __ATOMIC_RELEASE);
}

/* Writer and reader have CPUs of their own where there are two. */
static void pin_reader(void)
{
	if (nr_cpus() > 1)
		pin(1);
}

static void pin_writer(void)
{
	if (nr_cpus() > 1)
		pin(0);
}

/* Let the reader read what it may read now; on one CPU the two take turns. */
static void wait_reads(void)
{
	uint64_t before = __atomic_load_n(&reads, __ATOMIC_ACQUIRE);
	bool alone = nr_cpus() < 2;
	uint64_t enough = alone ? 2 : 20;

	while (__atomic_load_n(&reads, __ATOMIC_ACQUIRE) - before < enough)
		if (alone)
			sched_yield();
}

static sigjmp_buf jump;

static void on_fault(int signo)
{
	faults++;
	siglongjmp(jump, signo);
}

/* Returns false if the page cannot be read. */
static bool read_page(uint64_t *value)
{
	if (sigsetjmp(jump, 0))
		return false;
	*value = *page;
	return true;
}

static void catch_faults(void)
{
	struct sigaction action = {
		.sa_handler = on_fault, .sa_flags = SA_NODEFER,
	};

	CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGBUS, &action, NULL), 0);
}

/* A stale translation would give an older number, or any. */
static void check_read(uint64_t before, uint64_t value, uint64_t after)
{
	bool taken_away = before % 2 && before == after;

	if (taken_away || value < before / 2) {
		printf("# read %llu in state %llu, then %llu\n",
		       (unsigned long long)value, (unsigned long long)before,
		       (unsigned long long)after);
		REQUIRE(!"a stale translation");
	}
}

static void *read_main(void *arg)
{
	bool alone = nr_cpus() < 2;
	uint64_t before, value;

	pin_reader();
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		before = get_state();
		if (read_page(&value))
			check_read(before, value, get_state());
		__atomic_fetch_add(&reads, 1, __ATOMIC_RELEASE);
		if (alone)
			sched_yield();
	}
	return arg;
}

/* New pages begin here: the kernel might choose the place where PAGE was. */
static void *staging;

static void *fresh_page(void *at, uint64_t value)
{
	uint64_t *new = mmap(staging, PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	REQUIRE(new != MAP_FAILED);
	*new = value;
	return mremap(new, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at);
}

static void *reserve(void)
{
	void *at = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);

	REQUIRE(at != MAP_FAILED);
	return at;
}

static void *first_page(uint64_t value)
{
	staging = reserve();
	return fresh_page(reserve(), value);
}

/* Ways to take a page away: after each the page holds @round or is not mapped. */

/* Nobody can read the page now; then let it come back. */
static void try_in_vain(uint64_t round)
{
	set_state(2 * round - 1);
	wait_reads();
	set_state(2 * round - 2);
}

static void by_replace(uint64_t round)
{
	CHECK_EQ(fresh_page((void *)page, round), (void *)page);
}

static void by_munmap(uint64_t round)
{
	CHECK_EQ(munmap((void *)page, PAGE), 0);
	try_in_vain(round);
	by_replace(round);
}

static void by_mprotect(uint64_t round)
{
	CHECK_EQ(mprotect((void *)page, PAGE, PROT_NONE), 0);
	try_in_vain(round);
	CHECK_EQ(mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE), 0);
	*page = round;
}

/* A private copy of a page of a file; behind it lies the next value. */
static int file;

static void by_dontneed(uint64_t round)
{
	*page = round - 1;
	CHECK_EQ(pwrite(file, &round, sizeof(round), 0),
		 (ssize_t)sizeof(round));
	CHECK_EQ(madvise((void *)page, PAGE, MADV_DONTNEED), 0);
}

static void by_truncate(uint64_t round)
{
	CHECK_EQ(ftruncate(file, 0), 0);
	try_in_vain(round);
	CHECK_EQ(pwrite(file, &round, sizeof(round), 0),
		 (ssize_t)sizeof(round));
}

/*
 * A fork shares the page with the child, and the next write makes a copy.  The
 * reader must see the copy: the page that it has read so far is the child's now.
 */
static void by_fork(uint64_t round)
{
	pid_t child = fork();

	if (!child)
		for (;;)
			pause();
	*page = round;
	set_state(2 * round);
	hog_stop(child);
}

/* The page moves to the other node with its number; then it gets a new number. */
static void by_migration(uint64_t round)
{
	void *at = (void *)page;
	int node = round % 2, status = -1;

	/* The kernel's NUMA balancing may be moving the page at the same time. */
	do {
		if (syscall(SYS_move_pages, 0, 1UL, &at, &node, &status,
			    MPOL_MF_MOVE))
			test_skip("move_pages: %s", strerror(errno));
	} while (status == -ENOENT || status == -EBUSY);
	CHECK_EQ(status, node);
	*page = round;
}

struct way {
	void (*change)(uint64_t round);
	bool file;
	bool faults;
};

static void *map_page(const struct way *way)
{
	char path[] = "/tmp/vctx-stale-XXXXXX";
	uint64_t zero = 0;
	void *at;

	if (!way->file)
		return first_page(0);
	file = mkstemp(path);
	REQUIRE(file >= 0);
	unlink(path);
	REQUIRE(write(file, &zero, sizeof(zero)) == sizeof(zero));
	at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	REQUIRE(at != MAP_FAILED);
	return at;
}

static void stale(const void *arg)
{
	const struct way *way = arg;
	pthread_t reader;

	page = map_page(way);
	catch_faults();
	pin_writer();
	REQUIRE(!pthread_create(&reader, NULL, read_main, NULL));
	wait_reads();
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		way->change(round);
		set_state(2 * round);
		if (round % 8 == 0)
			wait_reads();
	}
	__atomic_store_n(&done, true, __ATOMIC_RELEASE);
	pthread_join(reader, NULL);
	if (way->faults)
		CHECK_GE(faults, (uint64_t)ROUNDS);
}

/*
 * Many address spaces on one CPU, more than there are tags, have different pages at
 * one address.
 */
#define SPACES	24
#define VISITS	40

static void visit(uint64_t number)
{
	*page = number;
	for (int i = 0; i < VISITS; i++) {
		if (*page != number + i)
			CHECK_EQ(*page, number + i);
		*page = number + i + 1;
		sched_yield();
	}
	_exit(0);
}

static void many_spaces(const void *arg)
{
	pid_t pids[SPACES];

	(void)arg;
	pin(0);
	page = first_page(0);
	for (uint64_t i = 0; i < SPACES; i++) {
		pids[i] = fork();
		if (!pids[i])
			visit(i << 32);
	}
	for (int i = 0; i < SPACES; i++)
		CHECK_EQ(wait_exit(pids[i]), 0);
	CHECK_EQ(*page, 0ULL);
}

/* A process that ends makes room for one that must not see its pages. */
static void see_nothing(void)
{
	CHECK_EQ(*page, 7ULL);
	*page = 1234;
}

static void reused_space(const void *arg)
{
	(void)arg;
	pin(0);
	page = first_page(7);
	for (int i = 0; i < 60; i++)
		in_child(see_nothing);
}

/* A thread that moves to the other CPU sees its own changes there. */
static void moves_along(const void *arg)
{
	(void)arg;
	page = first_page(0);
	for (uint64_t round = 1; round < 60; round++) {
		pin(round % 2);
		by_replace(round);
		CHECK_EQ(*page, round);
		pin(~round % 2);
		CHECK_EQ(*page, round);
	}
}

#define WAY(name, change, file, faults)					\
	{ name, stale, &(const struct way){ change, file, faults }, 0 }

static const struct test tests[] = {
	WAY("replace", by_replace, false, false),
	WAY("munmap", by_munmap, false, true),
	WAY("mprotect", by_mprotect, false, true),
	WAY("dontneed", by_dontneed, true, false),
	WAY("truncate", by_truncate, true, true),
	WAY("migration", by_migration, false, false),
	WAY("fork", by_fork, false, false),
	{ "many_spaces", many_spaces, NULL, 0 },
	{ "reused_space", reused_space, NULL, 0 },
	{ "moves_along", moves_along, NULL, T_SMP },
};

TEST_MAIN(tests)
