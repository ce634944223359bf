// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to start a command by vctx-exec, beside env(1), which also becomes the
 * command: from fork() to the end of the command, in ticks of the TSC.
 *
 * As in crossing, the figures are instructions in Bochs with one CPU, where
 * VCTX_EXACT=1 holds them to a limit.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ticks.h"
#include "vctx_selftest.h"

#define SAMPLES	11

/* How many instructions more than env(1) the start may take. */
#define LIMIT	200000

static uint64_t run(const char *const *argv)
{
	uint64_t start = tsc_read();
	pid_t pid = vfork();

	if (!pid) {
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	CHECK_EQ(wait_exit(pid), 0);
	return tsc_read() - start;
}

static int64_t median(const char *const *argv)
{
	uint64_t samples[SAMPLES];

	for (int i = 0; i < SAMPLES; i++)
		samples[i] = run(argv);
	return ticks_median(samples, SAMPLES);
}

/* As crossing has it, for bench/run: env(1) is what is native. */
static void print(const char *what, int64_t env, int64_t cost)
{
	printf("# %-28s %9lld %9lld %+9lld %+8.1f %%\n", what, (long long)env,
	       (long long)cost, (long long)(cost - env),
	       100.0 * (cost - env) / env);
}

static const char *const by_env[] = { "env", "true", NULL };
static const char *const in_context[] = { "vctx-exec", "true", NULL };
/* One more program on the way is more than the limit allows. */
static const char *const by_both[] = { "vctx-exec", "env", "true", NULL };
static const char *const with_stats[] = {
	"vctx-exec", "--stats=/dev/null", "true", NULL
};

/* Another context keeps the processors in VMX operation, or with SVM enabled. */
static int64_t beside_another(void)
{
	int64_t cost;

	ctx_enter(0);
	cost = median(in_context);
	ctx_leave();
	return cost;
}

static void need_exact(void)
{
	fflush(stdout);
	if (!is_exact())
		test_skip("the figures are only exact with VCTX_EXACT=1");
}

static void of_a_command(const void *arg)
{
	int64_t env = median(by_env), first = median(in_context);
	int64_t second = beside_another(), both = median(by_both);

	(void)arg;
	printf("# %-28s %9s %9s %9s\n", "ticks, median", "env", "vctx-exec",
	       "more");
	print("start: only context", env, first);
	print("start: one of several", env, second);
	print("start: and env as well", env, both);
	print("start: --stats", env, median(with_stats));
	need_exact();
	CHECK_LE(first - env, LIMIT);
	CHECK_LE(second - env, LIMIT);
	CHECK_GE(both - env, LIMIT);
}

static const struct test tests[] = {
	{ "of_a_command", of_a_command, NULL, T_SELF | T_DEVICE },
};

TEST_MAIN(tests)
