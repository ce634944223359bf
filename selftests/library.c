// SPDX-License-Identifier: GPL-2.0-only
/* libvcontext: what <vctx.h> promises, with a device and without one. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <vctx.h>

#include "vctx_selftest.h"

static const struct vctx_attr strict = {
	.size = sizeof(strict), .flags = VCTX_STRICT,
};

static void expect_in(int in)
{
	struct vctx_stats stats;

	CHECK_EQ(vctx_in_context(), test_in_context && in);
	if (!test_in_context)
		return;
	CHECK_EQ(vctx_stats(&stats, sizeof(stats)), in ? 0 : -ENXIO);
	/* An adaptive context has passed by its first stretch at least. */
	if (in)
		CHECK_GE(stats.entries + stats.native[VCTX_NATIVE_ADAPTIVE],
			 1ULL);
}

/* The function that runs in a context: it counts, looks, and returns a value. */
static int calls;

static long work(void *arg)
{
	calls++;
	expect_in(1);
	burn(NSEC_PER_MSEC);
	return *(long *)arg + 1;
}

static long never(void *arg)
{
	CHECK(!"to be called");
	return (long)arg;
}

static void run(const void *arg)
{
	long value = 41;

	(void)arg;
	expect_in(0);
	for (int i = 1; i <= 5; i++) {
		CHECK_EQ(vctx_run(work, &value), 42L);
		CHECK_EQ(calls, i);
		expect_in(0);
	}
	CHECK_EQ(vctx_run(NULL, &value), (long)-EINVAL);
}

/* A negative result is the function's, not an error. */
static long minus(void *arg)
{
	(void)arg;
	return -ENOENT;
}

static void run_attr(const void *arg)
{
	struct vctx_attr attr = VCTX_ATTR_INIT;
	long value = 1, result = 0;
	int in = test_in_context;

	(void)arg;
	CHECK_EQ(vctx_run_attr(NULL, work, &value, &result), in);
	CHECK_EQ(result, 2L);
	CHECK_EQ(vctx_run_attr(&attr, work, &value, NULL), in);
	CHECK_EQ(vctx_run_attr(&attr, minus, NULL, &result), in);
	CHECK_EQ(result, (long)-ENOENT);
	attr.flags = VCTX_INHERIT | VCTX_KEEP_EXEC;
	CHECK_EQ(vctx_run_attr(&attr, work, &value, &result), in);
	expect_in(0);
}

static long is_eager(void *arg)
{
	struct vctx_stats stats;
	bool eager;

	(void)arg;
	CHECK_EQ(vctx_stats(&stats, sizeof(stats)), 0);
	eager = !stats.native[VCTX_NATIVE_ADAPTIVE];
	if (eager)
		CHECK_GE(stats.entries, 1ULL);
	return eager;
}

/* By default a context is adaptive, and begins with a stretch that it passes by. */
static void run_eager(const void *arg)
{
	struct vctx_attr attr = VCTX_ATTR_INIT;
	long eager;

	(void)arg;
	CHECK_EQ(vctx_run(is_eager, NULL), 0L);
	CHECK_EQ(vctx_run_attr(&attr, is_eager, NULL, &eager), 1);
	CHECK_EQ(eager, 0L);
	attr.flags = VCTX_EAGER;
	CHECK_EQ(vctx_run_attr(&attr, is_eager, NULL, &eager), 1);
	CHECK_EQ(eager, 1L);
}

static void run_strict(const void *arg)
{
	long value = 2, result = 0;

	(void)arg;
	if (test_in_context) {
		CHECK_EQ(vctx_run_attr(&strict, work, &value, &result), 1);
		CHECK_EQ(result, 3L);
	} else {
		CHECK_EQ(vctx_run_attr(&strict, never, &value, &result),
			 -ENOENT);
	}
}

/* Attributes that are wrong: nothing runs, nothing is entered. */
static void expect_refused(const struct vctx_attr *attr, int error)
{
	enum vctx_unavailable why;
	long result = 77;

	CHECK_EQ(vctx_run_attr(attr, never, NULL, &result), error);
	CHECK_EQ(result, 77L);
	CHECK_EQ(vctx_enter(attr), error);
	CHECK_EQ(vctx_why(&why, NULL), error);
	CHECK_EQ(why == VCTX_UNAVAILABLE_ARGUMENT, error == -EOPNOTSUPP);
	CHECK_EQ(vctx_leave(), -ENXIO);
	expect_in(0);
}

static void bad_attributes(const void *arg)
{
	struct {
		struct vctx_attr attr;
		uint64_t more;
	} longer = { VCTX_ATTR_INIT, 0 };
	struct vctx_attr attr;

	(void)arg;
	for (uint32_t size = 0; size < sizeof(attr); size++) {
		attr = (struct vctx_attr){ .size = size };
		expect_refused(&attr, -EINVAL);
	}
	for (int bit = 0; bit < 64; bit++) {
		attr = (struct vctx_attr)VCTX_ATTR_INIT;
		attr.flags = 1ULL << bit;
		if (!(attr.flags & (VCTX_STRICT | VCTX_INHERIT |
				    VCTX_KEEP_EXEC | VCTX_TICKLESS |
				    VCTX_NESTED | VCTX_EAGER)))
			expect_refused(&attr, -EOPNOTSUPP);
	}
	attr = (struct vctx_attr)VCTX_ATTR_INIT;
	attr.reserved = 1;
	expect_refused(&attr, -EOPNOTSUPP);
	/* A bound without the flag for which it is meant. */
	attr = (struct vctx_attr)VCTX_ATTR_INIT;
	attr.tick_bound_ns = 1;
	expect_refused(&attr, -EOPNOTSUPP);
	/* A longer structure, of a later version. */
	longer.attr.size = sizeof(longer);
	longer.more = 1;
	expect_refused(&longer.attr, -E2BIG);
	longer.more = 0;
	CHECK_EQ(vctx_run_attr(&longer.attr, minus, NULL, NULL),
		 (int)test_in_context);
	CHECK_EQ(vctx_run_attr(NULL, NULL, NULL, NULL), -EINVAL);
}

/* Only the first enters and only the last leaves. */
static void nesting(const void *arg)
{
	struct vctx_attr bad = VCTX_ATTR_INIT;
	long value = 5;

	(void)arg;
	bad.flags = 1ULL << 50;
	CHECK_EQ(vctx_leave(), -ENXIO);
	for (int depth = 0; depth < 4; depth++) {
		CHECK_EQ(vctx_enter(NULL), 0);
		expect_in(1);
		CHECK_EQ(vctx_run(work, &value), 6L);
		expect_in(1);
	}
	CHECK_EQ(vctx_enter(&bad), -EOPNOTSUPP);
	for (int depth = 4; depth; depth--) {
		expect_in(1);
		CHECK_EQ(vctx_leave(), 0);
	}
	expect_in(0);
	CHECK_EQ(vctx_leave(), -ENXIO);
}

static long run_inner(void *arg)
{
	long value = 8, result;

	(void)arg;
	CHECK_EQ(vctx_run_attr(&strict, work, &value, &result), 1);
	CHECK_EQ(result, 9L);
	expect_in(1);
	return vctx_run(work, &value);
}

static void nested_runs(const void *arg)
{
	(void)arg;
	CHECK_EQ(vctx_run(run_inner, NULL), 9L);
	expect_in(0);
}

/* The library does not leave a context that it has not made. */
static void foreign_context(const void *arg)
{
	struct vctx_stats stats;
	long value = 3;

	(void)arg;
	ctx_enter(0);
	CHECK_EQ(vctx_in_context(), 1);
	CHECK_EQ(vctx_run(work, &value), 4L);
	CHECK_EQ(vctx_leave(), -ENXIO);
	CHECK_EQ(vctx_enter(NULL), 0);
	CHECK_EQ(vctx_leave(), 0);
	CHECK_EQ(vctx_in_context(), 1);
	CHECK_EQ(vctx_stats(&stats, sizeof(stats)), 0);
	ctx_leave();
	CHECK_EQ(vctx_in_context(), 0);
}

static void many_times(const void *arg)
{
	long value = 0;

	(void)arg;
	for (long i = 0; i < 200; i++) {
		CHECK_EQ(vctx_enter(NULL), 0);
		CHECK_EQ(vctx_leave(), 0);
	}
	CHECK_EQ(vctx_run(work, &value), 1L);
}

#define THREADS	6

static void *thread_main(void *arg)
{
	long value = (long)arg;

	expect_in(0);
	for (int i = 0; i < 20; i++)
		CHECK_EQ(vctx_run(work, &value), value + 1);
	expect_in(0);
	return NULL;
}

static void threads(const void *arg)
{
	pthread_t threads[THREADS];

	(void)arg;
	for (long i = 0; i < THREADS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, thread_main,
					(void *)i));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* A thread that ends within vctx_run() takes nothing with it. */
static long end_thread(void *arg)
{
	expect_in(1);
	pthread_exit(arg);
}

static void *ending_main(void *arg)
{
	vctx_run(end_thread, arg);
	CHECK(!"reached");
	return NULL;
}

static void thread_ends_inside(const void *arg)
{
	pthread_t thread;
	int token;
	void *result = NULL;

	(void)arg;
	REQUIRE(!pthread_create(&thread, NULL, ending_main, &token));
	pthread_join(thread, &result);
	CHECK_EQ(result, (void *)&token);
}

static void child_in(void)
{
	expect_in(1);
}

static void child_out(void)
{
	long value = 1;

	expect_in(0);
	CHECK_EQ(vctx_run(work, &value), 2L);
	expect_in(0);
}

static void children(const void *arg)
{
	struct vctx_attr inherit = VCTX_ATTR_INIT;

	(void)arg;
	inherit.flags = VCTX_INHERIT;
	CHECK_EQ(vctx_enter(&inherit), 0);
	in_child(child_in);
	CHECK_EQ(vctx_leave(), 0);
	in_child(child_out);
	CHECK_EQ(vctx_enter(NULL), 0);
	in_child(child_out);
	expect_in(1);
	CHECK_EQ(vctx_leave(), 0);
}

static void stats(const void *arg)
{
	struct longer {
		struct vctx_stats stats;
		uint64_t more;
		uint64_t after;
	} longer;
	struct vctx_stats stats;

	(void)arg;
	CHECK_EQ(vctx_stats(NULL, sizeof(struct vctx_stats)), -EINVAL);
	CHECK_EQ(vctx_stats(&stats, offsetof(struct vctx_stats, nested) - 1), -EINVAL);
	CHECK_EQ(vctx_stats(&stats, sizeof(stats)), -ENXIO);
	CHECK_EQ(vctx_enter(NULL), 0);
	memset(&stats, 0xff, sizeof(stats));
	CHECK_EQ(vctx_stats(&stats, sizeof(stats)), 0);
	CHECK_EQ(stats.size, (uint32_t)sizeof(stats));
	CHECK_EQ(stats.live, 1ULL);
	/* A larger structure, of a later version. */
	memset(&longer, 0xff, sizeof(longer));
	CHECK_EQ(vctx_stats(&longer.stats, offsetof(struct longer, after)), 0);
	CHECK_EQ(longer.stats.size, (uint32_t)sizeof(stats));
	CHECK_EQ(longer.stats.live, 1ULL);
	CHECK_EQ(longer.more, 0ULL);
	CHECK_EQ(longer.after, UINT64_MAX);
	CHECK_EQ(vctx_leave(), 0);
}

static void texts(const void *arg)
{
	unsigned int i;

	(void)arg;
	for (int error = 0; error < 140; error++) {
		const char *text = vctx_strerror(error);

		REQUIRE(text && *text);
		CHECK(!strchr(text, '\n'));
		CHECK_EQ(vctx_strerror(-error), text);
	}
	for (i = 0; i < VCTX_NR_EXITS; i++)
		CHECK(vctx_exit_name(i) && *vctx_exit_name(i));
	CHECK_EQ(vctx_exit_name(i), NULL);
	CHECK_EQ(vctx_exit_name(-1), NULL);
	for (i = 0; i < VCTX_NR_NATIVE; i++)
		CHECK(vctx_native_name(i) && *vctx_native_name(i));
	CHECK_EQ(vctx_native_name(i), NULL);
	CHECK_EQ(vctx_native_name(-1), NULL);
	for (i = 0; vctx_unavailable_name(i); i++)
		CHECK(strchr(vctx_unavailable_reason(i, VCTX_NATIVE_STEP), ' '));
	CHECK_EQ(i, VCTX_UNAVAILABLE_NESTED + 1U);
	CHECK_EQ(vctx_unavailable_reason(i, 0), NULL);
}

/* Of the thread's last attempt. */
static void why(const void *arg)
{
	const struct vctx_attr bound = {
		.size = sizeof(bound), .flags = VCTX_TICKLESS | VCTX_STRICT,
	};
	enum vctx_unavailable why;
	const char *reason;

	(void)arg;
	CHECK_EQ(vctx_why(NULL, NULL), 0);
	/* Opens the device. */
	CHECK_EQ(vctx_available(NULL), 0);
	REQUIRE(!setresuid(65534, 65534, 65534));
	CHECK_EQ(vctx_run_attr(&bound, never, NULL, NULL), -EPERM);
	CHECK_EQ(vctx_why(&why, &reason), -EPERM);
	CHECK_EQ(why, (unsigned int)VCTX_UNAVAILABLE_PRIVILEGE);
	CHECK(strstr(reason, "CAP_SYS_NICE"));
	CHECK_EQ(vctx_enter(NULL), 0);
	CHECK_EQ(vctx_why(&why, &reason), 0);
	CHECK_EQ(why, (unsigned int)VCTX_AVAILABLE);
	CHECK_EQ(vctx_leave(), 0);
}

static void available(const void *arg)
{
	const char *reason = NULL;

	(void)arg;
	CHECK_EQ(vctx_available(&reason), test_in_context ? 0 : -ENOENT);
	CHECK(reason && *reason && !strchr(reason, '\n'));
	CHECK_EQ(vctx_available(NULL), test_in_context ? 0 : -ENOENT);
}

/* In a root folder without /dev everything runs natively. */
static long native_work(void *arg)
{
	CHECK_EQ(vctx_in_context(), 0);
	return *(long *)arg + 1;
}

static void no_device(const void *arg)
{
	char folder[] = "/tmp/vctx-library-XXXXXX";
	struct vctx_stats stats;
	const char *reason = NULL;
	long value = 1, result = 0;

	(void)arg;
	REQUIRE(mkdtemp(folder) && !chroot(folder) && !chdir("/"));
	CHECK_EQ(vctx_available(&reason), -ENOENT);
	/* The texts say what is wrong and what helps. */
	CHECK(reason && strchr(reason, ';'));
	CHECK_EQ(vctx_run(native_work, &value), 2L);
	CHECK_EQ(vctx_run_attr(NULL, native_work, &value, &result), 0);
	CHECK_EQ(result, 2L);
	CHECK_EQ(vctx_run_attr(&strict, never, &value, &result), -ENOENT);
	CHECK_EQ(vctx_enter(NULL), -ENOENT);
	CHECK_EQ(vctx_leave(), -ENXIO);
	CHECK_EQ(vctx_in_context(), 0);
	CHECK_EQ(vctx_stats(&stats, sizeof(stats)), -ENOENT);
}

static void no_descriptor(const void *arg)
{
	struct rlimit limit = { 0, 0 };
	long value = 1, result = 0;

	(void)arg;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK_EQ(vctx_enter(NULL), -EMFILE);
	CHECK_EQ(vctx_run(native_work, &value), 2L);
	CHECK_EQ(vctx_run_attr(NULL, native_work, &value, &result), 0);
	CHECK_EQ(vctx_run_attr(&strict, never, &value, &result), -EMFILE);
}

/* The library has its own open file, so the tally of the case is empty. */
#define BOTH(fn)	{ #fn, fn, NULL, T_SELF | T_UNUSED }
#define DEVICE(fn)	{ #fn, fn, NULL, T_SELF | T_UNUSED | T_DEVICE }

static const struct test tests[] = {
	BOTH(run),
	BOTH(run_attr),
	DEVICE(run_eager),
	BOTH(run_strict),
	BOTH(bad_attributes),
	DEVICE(nesting),
	DEVICE(nested_runs),
	DEVICE(foreign_context),
	DEVICE(many_times),
	BOTH(threads),
	BOTH(thread_ends_inside),
	DEVICE(children),
	DEVICE(stats),
	DEVICE(why),
	BOTH(texts),
	BOTH(available),
	BOTH(no_device),
	DEVICE(no_descriptor),
};

TEST_MAIN(tests)
