// SPDX-License-Identifier: GPL-2.0-only
/* The trace events of the module exist and tell what happens. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vctx.h"
#include "vctx_selftest.h"

#define NUMBER		7
#define TRACING		"/sys/kernel/tracing"
#define EVENTS		TRACING "/events/vcontext"

static const char * const events[] = {
	"vctx_enter", "vctx_exit", "vctx_native", "vctx_leave", "vctx_ring", "vctx_deliver",
};

static void need_tracefs(void)
{
	if (!access(TRACING "/trace", R_OK))
		return;
	if (mount("tracefs", TRACING, "tracefs", 0, NULL))
		test_skip("tracefs: %s", strerror(errno));
}

static void events_exist(const void *arg)
{
	(void)arg;
	need_tracefs();
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		char path[128];

		snprintf(path, sizeof(path), EVENTS "/%s/format", events[i]);
		CHECK_EQ(access(path, R_OK), 0);
	}
}

/* A program that reads a trace knows numbers, and not the module's enumerators. */
static void formats_have_numbers(const void *arg)
{
	FILE *format;
	char line[4096];
	int names = 0;

	(void)arg;
	need_tracefs();
	format = fopen(EVENTS "/vctx_native/format", "re");
	REQUIRE(format);
	while (fgets(line, sizeof(line), format)) {
		CHECK(!strstr(line, "VCTX_NATIVE_"));
		names += !!strstr(line, "\"page_fault\"");
	}
	fclose(format);
	CHECK_EQ(names, 1);
}

/* Cause each of the events. */
static void make_events(void)
{
	ctx_enter(0);
	REQUIRE(!vctx_bell_open(test_hear, NULL, 0));
	CHECK_EQ(vctx_ring(vctx_bell_fd(NUMBER)), 0);
	for (int i = 0; i < 5; i++)
		getppid();
	asm volatile("cpuid" : : "a"(0), "c"(0) : "rbx", "rdx");
	ctx_leave();
}

static pid_t run_child(void)
{
	pid_t pid = fork();

	if (!pid) {
		make_events();
		_exit(0);
	}
	CHECK_EQ(wait_exit(pid), 0);
	return pid;
}

static void clear_trace(void)
{
	close(open(TRACING "/trace", O_WRONLY | O_TRUNC | O_CLOEXEC));
}

/* How many lines of the trace tell of a process what begins like this. */
static int count_told(pid_t pid, const char *told)
{
	FILE *trace = fopen(TRACING "/trace", "re");
	char line[512], task[32], name[64];
	int count = 0;

	REQUIRE(trace);
	snprintf(task, sizeof(task), "-%d ", pid);
	snprintf(name, sizeof(name), " %s", told);
	while (fgets(line, sizeof(line), trace))
		count += strstr(line, task) && strstr(line, name);
	fclose(trace);
	return count;
}

static int count_events(pid_t pid, const char *event)
{
	char told[64];

	snprintf(told, sizeof(told), "%s: ", event);
	return count_told(pid, told);
}

static void record(const void *arg)
{
	char ring[64];
	pid_t pid;

	(void)arg;
	need_tracefs();
	clear_trace();
	write_file(EVENTS "/enable", "1");
	write_file(TRACING "/tracing_on", "1");
	pid = run_child();
	write_file(EVENTS "/enable", "0");
	CHECK_EQ(count_events(pid, "vctx_enter"), 1);
	CHECK_EQ(count_events(pid, "vctx_leave"), 1);
	CHECK_GE(count_events(pid, "vctx_exit"), 6);
	CHECK_GE(count_events(pid, "vctx_native"), 5);
	snprintf(ring, sizeof(ring), "vctx_ring: pid=%d number=%d", pid, NUMBER);
	CHECK_EQ(count_told(pid, ring), 1);
	snprintf(ring, sizeof(ring), "vctx_deliver: pending=%#x ip=0x", 1 << NUMBER);
	CHECK_EQ(count_told(pid, ring), 1);
	clear_trace();
	/* Nothing is recorded that is not asked for. */
	pid = run_child();
	CHECK_EQ(count_events(pid, "vctx_exit"), 0);
	CHECK_EQ(count_events(pid, "vctx_ring"), 0);
}

static const struct test tests[] = {
	{ "events_exist", events_exist, NULL,
	  T_DEVICE | T_SELF | T_UNUSED },
	{ "formats_have_numbers", formats_have_numbers, NULL,
	  T_DEVICE | T_SELF | T_UNUSED },
	{ "record", record, NULL, T_DEVICE | T_SELF },
};

TEST_MAIN(tests)
