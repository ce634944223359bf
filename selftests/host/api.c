// SPDX-License-Identifier: GPL-2.0-only
/*
 * libvcontext where there is no /dev/vcontext: everything runs natively, every error
 * is the documented one, and the library gives the reason when it is asked.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vctx.h>

static unsigned int tests;
static unsigned int failures;

static void check(const char *name, bool passed)
{
	printf("%s %u - %s\n", passed ? "ok" : "not ok", ++tests, name);
	failures += !passed;
}

static int calls;

static long count(void *arg)
{
	calls++;
	return (long)arg;
}

static long nest(void *arg)
{
	return vctx_run(count, arg) + 1;
}

static void test_run(void)
{
	struct vctx_attr attr = VCTX_ATTR_INIT;
	long result = -1;

	calls = 0;
	check("vctx_run returns the function's result",
	      vctx_run(count, (void *)-42L) == -42 && calls == 1);
	check("vctx_run nests", vctx_run(nest, (void *)7L) == 8 && calls == 2);
	check("vctx_run refuses NULL", vctx_run(NULL, NULL) == -EINVAL);

	check("vctx_run_attr says that it ran natively",
	      vctx_run_attr(NULL, count, (void *)5L, &result) == 0 && result == 5);
	check("vctx_run_attr does without a place for the result",
	      vctx_run_attr(&attr, count, NULL, NULL) == 0);
	check("vctx_run_attr refuses NULL",
	      vctx_run_attr(NULL, NULL, NULL, NULL) == -EINVAL);

	calls = 0;
	attr.flags = VCTX_TICKLESS;
	attr.tick_bound_ns = VCTX_UNLIMITED;
	check("tickless: runs natively without the module",
	      vctx_run_attr(&attr, count, (void *)6L, &result) == 0 &&
	      result == 6 && calls == 1);

	calls = 0;
	result = 77;
	attr.flags = VCTX_TICKLESS | VCTX_STRICT;
	check("tickless and strict: -ENOENT, nothing run, nothing stored",
	      vctx_run_attr(&attr, count, NULL, &result) == -ENOENT &&
	      calls == 0 && result == 77);
	attr.tick_bound_ns = 0;
	attr.flags = VCTX_STRICT;
	check("strict: -ENOENT, nothing run, nothing stored",
	      vctx_run_attr(&attr, count, NULL, &result) == -ENOENT &&
	      calls == 0 && result == 77);
}

static void test_attributes(void)
{
	struct {
		struct vctx_attr attr;
		uint64_t later[2];
	} longer = { .attr = VCTX_ATTR_INIT };
	struct vctx_attr attr = VCTX_ATTR_INIT;
	enum vctx_unavailable why;
	const char *reason;

	calls = 0;
	attr.size--;
	check("attributes: -EINVAL for a size that is too small",
	      vctx_enter(&attr) == -EINVAL &&
	      vctx_run_attr(&attr, count, NULL, NULL) == -EINVAL);

	attr = (struct vctx_attr)VCTX_ATTR_INIT;
	attr.flags = UINT64_C(1) << 62;
	check("attributes: -EOPNOTSUPP for an unknown flag",
	      vctx_enter(&attr) == -EOPNOTSUPP &&
	      vctx_run_attr(&attr, count, NULL, NULL) == -EOPNOTSUPP);

	attr = (struct vctx_attr)VCTX_ATTR_INIT;
	attr.reserved = 1;
	check("attributes: -EOPNOTSUPP for the reserved field",
	      vctx_enter(&attr) == -EOPNOTSUPP);
	check("vctx_why knows which of the arguments it was",
	      vctx_why(&why, &reason) == -EOPNOTSUPP &&
	      why == VCTX_UNAVAILABLE_ARGUMENT && strstr(reason, "flag"));

	attr = (struct vctx_attr)VCTX_ATTR_INIT;
	attr.tick_bound_ns = 1;
	check("attributes: -EOPNOTSUPP for a bound without VCTX_TICKLESS",
	      vctx_enter(&attr) == -EOPNOTSUPP &&
	      vctx_run_attr(&attr, count, NULL, NULL) == -EOPNOTSUPP);
	attr.flags = VCTX_TICKLESS;
	check("attributes: a bound with VCTX_TICKLESS is accepted",
	      vctx_enter(&attr) == -ENOENT);
	check("attributes: as long as in the first version", sizeof(attr) == 24);

	longer.attr.size = sizeof(longer);
	check("attributes: longer, the rest zero, is accepted",
	      vctx_enter(&longer.attr) == -ENOENT);
	longer.later[1] = 1;
	check("attributes: -E2BIG if the rest is not zero",
	      vctx_enter(&longer.attr) == -E2BIG);
	check("bad attributes run nothing", calls == 0);
}

static void test_outside(void)
{
	enum vctx_unavailable why;
	struct vctx_stats stats;
	const char *reason;

	check("vctx_enter: -ENOENT without the module", vctx_enter(NULL) == -ENOENT);
	check("vctx_leave: -ENXIO without vctx_enter", vctx_leave() == -ENXIO);
	check("vctx_in_context: 0", vctx_in_context() == 0);
	check("vctx_stats: -ENOENT without the module",
	      vctx_stats(&stats, sizeof(stats)) == -ENOENT);
	check("vctx_stats: -EINVAL for NULL",
	      vctx_stats(NULL, sizeof(stats)) == -EINVAL);
	check("vctx_stats: -EINVAL for a size that is too small",
	      vctx_stats(&stats, offsetof(struct vctx_stats, nested) - 1) == -EINVAL);
	check("vctx_stats: -E2BIG for a size that is no size",
	      vctx_stats(&stats, SIZE_MAX) == -E2BIG);
	check("vctx_why: the error of the device, as the module was not asked",
	      vctx_enter(NULL) == -ENOENT &&
	      vctx_why(&why, &reason) == -ENOENT && why == VCTX_AVAILABLE &&
	      !strcmp(reason, vctx_strerror(-ENOENT)));
	check("vctx_why does without a place for the reason",
	      vctx_why(NULL, NULL) == -ENOENT);
}

static void test_errno(void)
{
	const char *reason;
	struct vctx_stats stats;

	errno = E2BIG;
	vctx_run(count, NULL);
	vctx_enter(NULL);
	vctx_leave();
	vctx_in_context();
	vctx_stats(&stats, sizeof(stats));
	vctx_available(&reason);
	vctx_tick_available(0, &reason);
	vctx_strerror(-ENOENT);
	check("errno stays as it was", errno == E2BIG);
}

static void test_words(void)
{
	static const int documented[] = {
		EINVAL, E2BIG, EOPNOTSUPP, ENOENT, EPERM, EACCES, ENODEV, EBUSY, EIO,
		ENOMEM, EMFILE, ENFILE, ENXIO, EALREADY, ENOSPC, EDQUOT, ERANGE,
		ENOEXEC, ENOTTY,
	};
	const char *tick_reason = NULL;
	const char *reason = NULL;
	bool distinct = true;
	size_t i, j;

	check("vctx_available: -ENOENT, and names the way out",
	      vctx_available(&reason) == -ENOENT && reason &&
	      strstr(reason, "modprobe"));
	check("vctx_available does without a place for the reason",
	      vctx_available(NULL) == -ENOENT);
	check("vctx_tick_available: the same",
	      vctx_tick_available(VCTX_UNLIMITED, NULL) == -ENOENT &&
	      vctx_tick_available(0, &tick_reason) == -ENOENT &&
	      tick_reason == reason);
	check("vctx_strerror gives that reason",
	      !strcmp(vctx_strerror(-ENOENT), reason));
	check("vctx_strerror takes either sign",
	      vctx_strerror(ENOENT) == vctx_strerror(-ENOENT) &&
	      !strcmp(vctx_strerror(ECHILD), vctx_strerror(-ECHILD)));

	for (i = 0; i < sizeof(documented) / sizeof(documented[0]); i++)
		for (j = 0; j < i; j++)
			distinct &= !!strcmp(vctx_strerror(documented[i]),
					     vctx_strerror(documented[j]));
	check("vctx_strerror tells the documented errors apart", distinct);
	check("vctx_strerror knows what it does not know",
	      !strcmp(vctx_strerror(INT_MIN), "unknown error") &&
	      !strcmp(vctx_strerror(INT_MAX), "unknown error") &&
	      !strcmp(vctx_strerror(-99999), "unknown error"));
	check("vctx_strerror: 0 is success", !strcmp(vctx_strerror(0), "success"));
}

static void test_names(void)
{
	bool named = true;
	unsigned int i;

	for (i = 0; i < VCTX_NR_EXITS; i++)
		named &= vctx_exit_name(i) && *vctx_exit_name(i);
	check("each exit kind has a name, and no other",
	      named && !vctx_exit_name(VCTX_NR_EXITS) && !vctx_exit_name(UINT_MAX));

	named = true;
	for (i = 0; i < VCTX_NR_NATIVE; i++)
		named &= vctx_native_name(i) && *vctx_native_name(i);
	check("each reason has a name, and no other",
	      named && !vctx_native_name(VCTX_NR_NATIVE) &&
	      !vctx_native_name(UINT_MAX));

	named = true;
	for (i = 0; i < VCTX_NR_HELD; i++)
		named &= vctx_held_name(i) && *vctx_held_name(i);
	check("each interrupt has a name, and no other",
	      named && !vctx_held_name(VCTX_NR_HELD) &&
	      !vctx_held_name(UINT_MAX));

	named = true;
	for (i = 0; vctx_unavailable_name(i); i++)
		named &= !!strchr(vctx_unavailable_reason(i, 0), ' ');
	check("each refusal has a name and a reason, and no other",
	      named && i == VCTX_UNAVAILABLE_NESTED + 1 &&
	      !vctx_unavailable_reason(i, 0) &&
	      !vctx_unavailable_name(UINT_MAX) &&
	      !vctx_unavailable_reason(UINT_MAX, 0));
	check("a strict refusal names the native reason",
	      strstr(vctx_unavailable_reason(VCTX_UNAVAILABLE_STRICT,
					     VCTX_NATIVE_SEGMENT), "LDT") &&
	      vctx_unavailable_reason(VCTX_UNAVAILABLE_STRICT, UINT_MAX));
}

static int descriptors(void)
{
	int used = 0;
	int fd;

	for (fd = 0; fd < 1024; fd++)
		used += fcntl(fd, F_GETFD) >= 0;
	return used;
}

static void test_descriptors(void)
{
	int before = descriptors();

	vctx_run(count, NULL);
	vctx_available(NULL);
	check("no descriptor is lost", descriptors() == before);
}

static void test_fork(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(vctx_leave() == -ENXIO &&
		      vctx_run(count, (void *)9L) == 9 ? 0 : 1);
	check("a child of fork runs on",
	      pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

static void *many(void *arg)
{
	long i;

	for (i = 0; i < 1000; i++)
		if (vctx_run(nest, (void *)i) != i + 1 || vctx_leave() != -ENXIO)
			return NULL;
	return arg;
}

static long leave_thread(void *arg)
{
	pthread_exit(arg);
}

static void *exits_inside(void *arg)
{
	vctx_run(leave_thread, arg);
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[8];
	bool passed = true;
	void *result;
	int i;

	for (i = 0; i < 8; i++)
		assert(!pthread_create(&threads[i], NULL, many, threads));
	for (i = 0; i < 8; i++)
		passed &= !pthread_join(threads[i], &result) && result == threads;
	check("threads run side by side", passed);

	assert(!pthread_create(&threads[0], NULL, exits_inside, threads));
	check("pthread_exit passes through vctx_run",
	      !pthread_join(threads[0], &result) && result == threads);
}

/* Return what a program writes to standard error with VCTX_DEBUG=@value. */
static const char *debug_output(const char *value)
{
	static char text[1024];
	ssize_t length = 0;
	ssize_t part;
	int ends[2];
	pid_t pid;

	assert(!pipe(ends));
	fflush(stdout);
	pid = fork();
	assert(pid >= 0);
	if (!pid) {
		dup2(ends[1], STDERR_FILENO);
		setenv("VCTX_DEBUG", value, 1);
		execl("/proc/self/exe", "api", "--run-twice", NULL);
		_exit(1);
	}
	close(ends[1]);
	while ((part = read(ends[0], text + length, sizeof(text) - 1 - length)) > 0)
		length += part;
	close(ends[0]);
	waitpid(pid, NULL, 0);
	text[length] = '\0';
	return text;
}

static void test_debug(void)
{
	const char *text = debug_output("1");

	check("VCTX_DEBUG=1 gives the reason once and the count",
	      strstr(text, "libvcontext: running natively: ") == text &&
	      strstr(text, "\nlibvcontext: 2 calls of vctx_run() ran natively\n"));
	check("VCTX_DEBUG=0 is silent", !*debug_output("0"));
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--run-twice")) {
		vctx_run(count, NULL);
		vctx_run(count, NULL);
		return 0;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!access("/dev/vcontext", F_OK)) {
		puts("1..0 # SKIP /dev/vcontext exists here");
		return 0;
	}
	test_run();
	test_attributes();
	test_outside();
	test_errno();
	test_words();
	test_names();
	test_descriptors();
	test_fork();
	test_threads();
	test_debug();
	printf("1..%u\n", tests);
	return !!failures;
}
