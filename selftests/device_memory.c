// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is no RAM to the kernel: with nested paging it is mapped for the guest when
 * it is touched.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vctx_selftest.h"

#define BYTES		0x20000
#define PAGE		0x1000

/* One word of each page, so that each page is touched. */
static void read_firmware(const void *arg)
{
	const volatile uint64_t *at = map_firmware(BYTES);

	(void)arg;
	for (size_t i = 0; i < BYTES / sizeof(*at); i += PAGE / sizeof(*at))
		note("word", at[i]);
}

static uint64_t touch(const volatile uint64_t *at)
{
	uint64_t before = ctx_stats().exits[VCTX_EXIT_NESTED_FAULT], sum = 0;

	for (size_t i = 0; i < BYTES / sizeof(*at); i += PAGE / sizeof(*at))
		sum += at[i];
	(void)sum;
	return ctx_stats().exits[VCTX_EXIT_NESTED_FAULT] - before;
}

/* What has been mapped stays mapped as long as the map exists. */
static void once(const void *arg)
{
	const volatile uint64_t *at = map_firmware(BYTES);
	struct vctx_stats stats;
	struct vctx_info info;
	uint64_t faults;

	(void)arg;
	REQUIRE(!__module_unload("vcontext") && !__module_load("vcontext"));
	test_fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);
	REQUIRE(!__ctx_info(test_fd, &info));
	if (!(info.features & VCTX_FEATURE_NESTED_PAGING))
		test_skip("this machine has no nested paging");
	ctx_enter(VCTX_ENTER_NESTED);
	faults = touch(at);
	CHECK_GE(faults, 1ULL);
	CHECK_LE(faults, (uint64_t)BYTES / PAGE);
	stats = ctx_stats();
	/* The kernel had the work of mapping it, and has not failed. */
	CHECK_GE(stats.native[VCTX_NATIVE_WORK], faults);
	CHECK_EQ(stats.native[VCTX_NATIVE_MEMORY], 0ULL);
	CHECK_EQ(touch(at), 0ULL);
}

/* Without nested paging there is nothing to be mapped. */
static void never(const void *arg)
{
	const volatile uint64_t *at = map_firmware(BYTES);

	(void)arg;
	ctx_enter(0);
	if (ctx_stats().nested)
		test_skip("the policy is to have nested paging");
	CHECK_EQ(touch(at), 0ULL);
	ctx_leave();
}

static const struct test tests[] = {
	{ "once", once, NULL, T_DEVICE | T_SELF | T_ALONE },
	{ "never", never, NULL, T_DEVICE | T_SELF },
	{ "firmware", read_firmware, NULL, T_TWIN },
};

TEST_MAIN(tests)
