// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a context costs: the length of the paths that leave guest mode and come back,
 * natively and in a context, in ticks of the TSC.
 *
 * Bochs counts one tick per instruction, so that with one CPU and no
 * mitigations the figures are exact: with VCTX_EXACT=1 they are held to limits.
 * Elsewhere they are ticks of a clock, and are only shown, beside the cycles and
 * instructions that the processor counts, if it does.  A Bochs that counts by kind,
 * see bench/serialising, has them exact with several CPUs, too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vctx.h>

#include "counters.h"
#include "kinds.h"
#include "ticks.h"
#include "vctx_selftest.h"
#include "virtual_machine.h"

#define PAGE		4096UL
#define SAMPLES		1001

/* The limits, in instructions. */
#define LIMIT_SYSCALL	250
#define LIMIT_FAULT	245
#define LIMIT_ENTER	5000
/* The first context enables the CPU, and the last one disables it. */
#define LIMIT_ENABLE	5300

/* What a path costs: the median in ticks, and what was counted in all runs. */
struct cost {
	int64_t ticks;
	struct counts counts;
	struct kinds kinds;
};

/* Instructions of this CPU if a Bochs counts them, else ticks. */
static inline uint64_t now(void)
{
	uint64_t counted = counted_read(COUNTED_INSTRUCTIONS);

	return counted ? counted : tsc_read();
}

static struct cost median(void (*fn)(void))
{
	static uint64_t samples[SAMPLES];
	struct kinds before = kinds_now();
	struct cost cost;

	counters_start();
	for (int i = 0; i < SAMPLES; i++) {
		uint64_t start = now();

		fn();
		samples[i] = now() - start;
	}
	cost.counts = counters_stop();
	cost.kinds = kinds_less(kinds_now(), before);
	cost.ticks = ticks_median(samples, SAMPLES);
	return cost;
}

static void nothing(void)
{
	asm volatile("" ::: "memory");
}

/* Less what the measuring itself takes. */
static struct cost measure(void (*fn)(void))
{
	struct cost cost = median(fn), own = median(nothing);

	cost.ticks -= own.ticks;
	cost.kinds = kinds_less(cost.kinds, own.kinds);
	cost.counts.valid &= own.counts.valid;
	for (int i = 0; i < NR_COUNTERS; i++)
		cost.counts.value[i] -= own.counts.value[i];
	return cost;
}

static void print_counts(const char *where, const struct counts *counts)
{
	double per_run[NR_COUNTERS];

	if (!counts->valid)
		return;
	for (int i = 0; i < NR_COUNTERS; i++)
		per_run[i] = (double)(int64_t)counts->value[i] / SAMPLES;
	printf("#     %s: %.0f cycles, %.0f instructions in user mode, %.0f in the kernel\n",
	       where, per_run[COUNT_CYCLES], per_run[COUNT_USER],
	       per_run[COUNT_KERNEL]);
}

/* An interrupt now and then adds less than half an instruction to a run. */
static int64_t per_run(int64_t count)
{
	return (count + SAMPLES / 2) / SAMPLES;
}

static void print_kinds(const char *where, const struct kinds *kinds)
{
	for (int i = 0; i < NR_KINDS; i++)
		if (per_run(kinds->value[i]))
			printf("#     %s: %lld %s\n", where,
			       (long long)per_run(kinds->value[i]), kinds_names[i]);
}

static void print(const char *what, struct cost native, struct cost context)
{
	int64_t more = context.ticks - native.ticks;

	printf("# %-28s %9lld %9lld %+9lld %+8.1f %%\n", what,
	       (long long)native.ticks, (long long)context.ticks,
	       (long long)more, 100.0 * more / native.ticks);
	print_counts("natively", &native.counts);
	print_counts("in a context", &context.counts);
	print_kinds("natively", &native.kinds);
	print_kinds("in a context", &context.kinds);
}

static void print_one(const char *what, struct cost context)
{
	printf("# %-28s %9s %9lld\n", what, "-", (long long)context.ticks);
	print_counts("in a context", &context.counts);
}

static void head(void)
{
	int error = is_exact() ? 0 : counters_open();

	if (error)
		printf("# cycles and instructions are not counted: %s\n",
		       strerror(-error));
	printf("# %-28s %9s %9s %9s\n", "ticks, median", "native", "context",
	       "more");
}

static uint64_t ctx_limits(void)
{
	struct vctx_info info = { .size = sizeof(info) };

	REQUIRE(!__ctx_info(test_fd, &info));
	return info.limits;
}

/* Ends the case unless the figures are exact, and those that the limits are for. */
static void need_exact(void)
{
	fflush(stdout);
	if (!is_exact() || !test_in_context)
		test_skip("the figures are only exact with VCTX_EXACT=1");
	/* There each stay enters VMX operation, and leaves it. */
	if (ctx_limits() & VCTX_LIMIT_VMX_OPERATION)
		test_skip("this kernel reserves VMX operation for KVM");
}

/* What is done natively and in a context. */

static void call_getppid(void)
{
	raw_syscall(SYS_getppid, 0, 0, 0);
}

/* The same from 32-bit code, with the two far jumps to it and back. */
#define INT80_GETPPID	64

uint32_t compat_call(const void *code32, uint32_t value);
extern const char compat_int80[];

static void call_getppid_32(void)
{
	static const uint32_t call[4] = { INT80_GETPPID };

	compat_call(compat_int80, (uintptr_t)call);
}

static volatile char *next_page;

static void touch_page(void)
{
	*next_page = 1;
	next_page += PAGE;
}

static void prepare_pages(void)
{
	char *area = mmap(NULL, SAMPLES * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(area != MAP_FAILED);
	madvise(area, SAMPLES * PAGE, MADV_NOHUGEPAGE);
	next_page = area;
}

static void on_signal(int signo)
{
	(void)signo;
}

static void raise_signal(void)
{
	raw_syscall(SYS_kill, getpid(), SIGUSR1, 0);
}

static void execute_cpuid(void)
{
	asm volatile("cpuid" : : "a"(0), "c"(0) : "rbx", "rdx");
}

static void fork_and_wait(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static void forwarded_syscall(const void *arg)
{
	struct cost native, context;

	(void)arg;
	head();
	native = measure(call_getppid);
	test_enter();
	context = measure(call_getppid);
	print("getppid()", native, context);
	need_exact();
	CHECK_LE(context.ticks - native.ticks, LIMIT_SYSCALL);
}

static void fresh_page(const void *arg)
{
	struct cost native, context;

	(void)arg;
	head();
	prepare_pages();
	native = measure(touch_page);
	test_enter();
	prepare_pages();
	context = measure(touch_page);
	print("fresh page", native, context);
	need_exact();
	CHECK_LE(context.ticks - native.ticks, LIMIT_FAULT);
}

/* These have no limits, but are worth knowing. */

static void signal_handled(const void *arg)
{
	struct cost native;

	(void)arg;
	head();
	signal(SIGUSR1, on_signal);
	native = measure(raise_signal);
	test_enter();
	print("signal", native, measure(raise_signal));
}

static void others(const void *arg)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} paths[] = {
		{ "getppid(), 32-bit code", call_getppid_32 },
		{ "cpuid", execute_cpuid },
		{ "fork, exit, wait", fork_and_wait },
	};
	struct cost native[ARRAY_SIZE(paths)];

	(void)arg;
	head();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		native[i] = measure(paths[i].fn);
	test_enter();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		print(paths[i].name, native[i], measure(paths[i].fn));
}

/* Whether instructions are counted by kind, where it is known how many there are. */

static int64_t count_of(const char *name, void (*fn)(void))
{
	struct cost cost = measure(fn);

	for (int i = 0; i < NR_KINDS; i++)
		if (!strcmp(kinds_names[i], name))
			return per_run(cost.kinds.value[i]);
	CHECK(!"a kind of this name");
	return -1;
}

static char *dropped_page;

static void drop_page(void)
{
	*(volatile char *)dropped_page = 1;
	madvise(dropped_page, PAGE, MADV_DONTNEED);
}

static void counted_kinds(const void *arg)
{
	static const char entry[] = "vmlaunch/vmresume/vmrun";

	(void)arg;
	if (!counted_read(COUNTED_INSTRUCTIONS))
		test_skip("no Bochs counts here; see selftests/bench/serialising");
	prepare_pages();
	dropped_page = (char *)next_page;
	CHECK_EQ(count_of(entry, call_getppid), 0);
	CHECK_EQ(count_of("invlpg/invpcid", call_getppid), 0);
	CHECK_EQ(count_of("invlpg/invpcid", drop_page), 1);
	test_enter();
	CHECK_EQ(count_of(entry, nothing), 0);
	CHECK_EQ(count_of(entry, call_getppid), test_in_context);
	CHECK_EQ(count_of(entry, drop_page), 2 * test_in_context);
}

/* A round trip into a virtual machine, which does nothing but to leave it. */

static struct virtual_machine machine;

static void run_machine(void)
{
	ioctl(machine.vcpu, KVM_RUN, 0);
}

static void kvm_run(const void *arg)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	(void)arg;
	if (kvm < 0)
		test_skip("there is no KVM");
	errno = -vm_start(&machine, kvm);
	if (errno)
		test_skip("KVM gives no virtual machine: %s", strerror(errno));
	REQUIRE(!vm_only_leave(&machine));
	head();
	print_one("KVM_RUN", measure(run_machine));
	CHECK_EQ(machine.run->exit_reason, (unsigned int)KVM_EXIT_IO);
	CHECK_EQ(machine.run->io.port, VM_PORT);
	vm_stop(&machine);
}

/* Entering and leaving */

static struct vctx_enter enter_arg = { .size = sizeof(enter_arg) };

static void enter_and_leave(void)
{
	raw_syscall(SYS_ioctl, test_fd, VCTX_IOC_ENTER, (long)&enter_arg);
	raw_syscall(SYS_ioctl, test_fd, VCTX_IOC_LEAVE, 0);
}

static void refused_ioctls(void)
{
	raw_syscall(SYS_ioctl, test_fd, _IO(VCTX_IOC_TYPE, 99), 0);
	raw_syscall(SYS_ioctl, test_fd, _IO(VCTX_IOC_TYPE, 99), 0);
}

static void library_enter_and_leave(void)
{
	vctx_enter(NULL);
	vctx_leave();
}

static long no_work(void *arg)
{
	return (long)arg;
}

static void library_run(void)
{
	vctx_run(no_work, NULL);
}

/* This process keeps the processors in VMX operation. */
static pid_t start_other(void)
{
	int fds[2];
	pid_t pid;
	char byte;

	REQUIRE(!pipe(fds));
	pid = fork();
	if (!pid) {
		ctx_enter(0);
		CHECK_EQ(write(fds[1], "x", 1), 1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	return pid;
}

static void enter_leave(const void *arg)
{
	struct cost alone, beside, library, run;
	pid_t other;

	(void)arg;
	head();
	print_one("two ioctls, refused", measure(refused_ioctls));
	alone = measure(enter_and_leave);
	other = start_other();
	beside = measure(enter_and_leave);
	library = measure(library_enter_and_leave);
	run = measure(library_run);
	hog_stop(other);
	print_one("enter, leave: only context", alone);
	print_one("enter, leave: one of several", beside);
	print_one("vctx_enter(), vctx_leave()", library);
	print_one("vctx_run()", run);
	need_exact();
	CHECK_LE(alone.ticks, LIMIT_ENABLE);
	CHECK_LE(beside.ticks, LIMIT_ENTER);
	CHECK_LE(library.ticks, LIMIT_ENTER);
	CHECK_LE(run.ticks, LIMIT_ENTER);
}

static const struct test tests[] = {
	{ "forwarded_syscall", forwarded_syscall, NULL, T_SELF },
	{ "fresh_page", fresh_page, NULL, T_SELF },
	{ "signal_handled", signal_handled, NULL, T_SELF },
	{ "others", others, NULL, T_SELF },
	{ "counted_kinds", counted_kinds, NULL, T_SELF | T_UNUSED },
	{ "kvm_run", kvm_run, NULL, T_SELF | T_UNUSED },
	{ "enter_leave", enter_leave, NULL, T_SELF | T_DEVICE },
};

TEST_MAIN(tests)
