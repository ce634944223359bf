// SPDX-License-Identifier: GPL-2.0-only
/* The statistics page: read-only, live, and valid after all has ended. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vctx_selftest.h"

#define PAGE	4096UL

static void *try_map(size_t len, int prot, int flags, off_t offset)
{
	return mmap(NULL, len, prot, flags, test_fd, offset);
}

static const volatile struct vctx_stats *map_page(void)
{
	void *at = try_map(PAGE, PROT_READ, MAP_SHARED, 0);

	REQUIRE(at != MAP_FAILED);
	return at;
}

static void expect_error(size_t len, int prot, int flags, off_t offset,
			 int error)
{
	CHECK_EQ(try_map(len, prot, flags, offset), MAP_FAILED);
	CHECK_EQ(errno, error);
}

static void errors(const void *arg)
{
	(void)arg;
	expect_error(PAGE, PROT_READ, MAP_SHARED, 0, ENXIO);
	ctx_enter(0);
	expect_error(PAGE, PROT_READ, MAP_SHARED, PAGE, EINVAL);
	expect_error(PAGE, PROT_READ, MAP_SHARED, 1 << 30, EINVAL);
	expect_error(2 * PAGE, PROT_READ, MAP_SHARED, 0, EINVAL);
	expect_error(PAGE, PROT_READ, MAP_PRIVATE, 0, EINVAL);
	expect_error(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0, EINVAL);
	expect_error(PAGE, PROT_WRITE, MAP_SHARED, 0, EINVAL);
	expect_error(PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, 0, EINVAL);
	ctx_leave();
	expect_error(PAGE, PROT_READ, MAP_SHARED, 0, ENXIO);
}

static void stays_read_only(const void *arg)
{
	void *page;

	(void)arg;
	ctx_enter(0);
	page = (void *)map_page();
	CHECK_EQ(mprotect(page, PAGE, PROT_READ | PROT_WRITE), -1);
	CHECK_EQ(errno, EACCES);
	CHECK_EQ(mprotect(page, PAGE, PROT_READ | PROT_EXEC), -1);
	CHECK_EQ(mremap(page, PAGE, 2 * PAGE, MREMAP_MAYMOVE), MAP_FAILED);
	CHECK_EQ(mprotect(page, PAGE, PROT_NONE), 0);
	CHECK_EQ(mprotect(page, PAGE, PROT_READ), 0);
	CHECK_EQ(munmap(page, PAGE), 0);
}

/* The page agrees with what the command says right before and right after. */
static void same_as_command(const void *arg)
{
	const volatile struct vctx_stats *page;

	(void)arg;
	ctx_enter(0);
	page = map_page();
	for (int i = 0; i < 20; i++) {
		struct vctx_stats before = ctx_stats(), after;
		uint64_t entries = page->entries, guest = page->guest_ns;
		uint64_t syscalls = page->exits[VCTX_EXIT_SYSCALL];

		after = ctx_stats();
		CHECK_GE(entries, before.entries);
		CHECK_LE(entries, after.entries);
		CHECK_GE(guest, before.guest_ns);
		CHECK_LE(guest, after.guest_ns);
		CHECK_GE(syscalls, before.exits[VCTX_EXIT_SYSCALL]);
		CHECK_LE(syscalls, after.exits[VCTX_EXIT_SYSCALL]);
	}
	CHECK_EQ(page->size, (uint32_t)sizeof(*page));
	CHECK_EQ(page->live, 1ULL);
	CHECK_EQ(page->contexts, 1ULL);
}

/* The page changes while the thread makes no system call. */
static void is_live(const void *arg)
{
	const volatile struct vctx_stats *page;
	uint64_t entries, guest, limit;

	(void)arg;
	ctx_enter(0);
	page = map_page();
	entries = page->entries;
	/* The interrupts of the scheduler tick change it. */
	guest = page->guest_ns;
	limit = now_ns() + NSEC_PER_SEC;
	while (page->guest_ns == guest && now_ns() < limit)
		;
	CHECK_GE(page->guest_ns, guest + 1);
	CHECK_GE(page->entries, entries + 1);
}

static void outlives_leave(const void *arg)
{
	struct vctx_stats last;
	const volatile struct vctx_stats *page;
	uint64_t entries;

	(void)arg;
	ctx_enter(0);
	page = map_page();
	last = ctx_stats();
	ctx_leave();
	CHECK_EQ(page->live, 0ULL);
	entries = page->entries;
	CHECK_GE(entries, last.entries);
	CHECK_EQ(ctx_tally().entries, entries);
	for (int i = 0; i < 50; i++)
		getppid();
	CHECK_EQ(page->entries, entries);
	/* The next context has a page of its own. */
	ctx_enter(0);
	for (int i = 0; i < 50; i++)
		getppid();
	CHECK_EQ(page->entries, entries);
	CHECK_EQ(map_page()->live, 1ULL);
	ctx_leave();
	CHECK_GE(ctx_tally().entries, entries + 50);
	CHECK_EQ(ctx_tally().contexts, 2ULL);
	CHECK_EQ(page->entries, entries);
	close(test_fd);
	CHECK_EQ(page->entries, entries);
}

/* Another thread still has the page of a thread that has ended. */
static void *map_and_end(void *arg)
{
	ctx_enter(0);
	*(const volatile struct vctx_stats **)arg = map_page();
	getppid();
	return NULL;
}

static void outlives_thread(const void *arg)
{
	const volatile struct vctx_stats *page = NULL;
	pthread_t thread;
	uint64_t entries;

	(void)arg;
	REQUIRE(!pthread_create(&thread, NULL, map_and_end, &page));
	pthread_join(thread, NULL);
	REQUIRE(page);
	/* pthread_join() returns shortly before the thread is gone. */
	while (page->live)
		sched_yield();
	entries = page->entries;
	CHECK_GE(entries, 1ULL);
	CHECK_GE(page->guest_ns, 1ULL);
	ctx_enter(0);
	getppid();
	CHECK_EQ(page->entries, entries);
}

/* A child has the mapping, too, and sees the page of its parent's context. */
static const volatile struct vctx_stats *parents_page;

static void look_from_child(void)
{
	uint64_t entries = parents_page->entries;
	const volatile struct vctx_stats *own = map_page();

	for (int i = 0; i < 50; i++)
		getppid();
	CHECK_GE(own->entries, 50ULL);
	/* The parent waits, and makes one or two entries at most. */
	CHECK_LE(parents_page->entries, entries + 4);
	CHECK_EQ(parents_page->live, 1ULL);
}

static void seen_by_child(const void *arg)
{
	(void)arg;
	ctx_enter(CTX_ALL);
	parents_page = map_page();
	in_child(look_from_child);
	CHECK_EQ(parents_page->live, 1ULL);
}

#define CASE(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF }

static const struct test tests[] = {
	CASE(errors),
	CASE(stays_read_only),
	CASE(same_as_command),
	CASE(is_live),
	CASE(outlives_leave),
	CASE(outlives_thread),
	CASE(seen_by_child),
};

TEST_MAIN(tests)
