// SPDX-License-Identifier: GPL-2.0-only
/* The runner of cases and twins; see vctx_selftest.h. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "regs.h"
#include "vctx_selftest.h"

/* What a case tells its parent; shared with all descendants of the case. */
struct report {
	int failed;
	int full;
	char skip[200];
	size_t len;
	char notes[1 << 20];
};

bool test_in_context;
int test_fd = -1;
unsigned int test_seconds = 60;

static struct report *report;
static bool native_only;

/* KTAP */

static void print_header(size_t plan)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%zu\n", plan);
}

static void print_result(unsigned int nr, const struct test *test, int result)
{
	printf("%sok %u %s", result == KSFT_FAIL ? "not " : "", nr, test->name);
	if (result == KSFT_SKIP)
		printf(" # SKIP %s", report->skip);
	printf("\n");
}

static void print_totals(const unsigned int *count)
{
	printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n",
	       count[KSFT_PASS], count[KSFT_FAIL], count[KSFT_SKIP]);
}

/* Notes and assertions */

static void note_line(const char *name, const char *value)
{
	size_t room = sizeof(report->notes) - report->len;
	int len = snprintf(report->notes + report->len, room, "%s=%s\n",
			   name, value);

	if ((size_t)len < room)
		report->len += len;
	else
		report->full = 1;
}

void note(const char *name, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%#llx", (unsigned long long)value);
	note_line(name, text);
}

/* A line has 32 bytes, so that the line of a difference gives its place. */
void note_bytes(const char *name, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *byte = bytes;
	char text[65], label[80], *out = text;

	for (size_t at = 0; at < len; at++) {
		*out++ = digits[byte[at] >> 4];
		*out++ = digits[byte[at] & 15];
		if (at % 32 != 31 && at + 1 != len)
			continue;
		*out = '\0';
		out = text;
		snprintf(label, sizeof(label), "%s+%zu", name, at & ~(size_t)31);
		note_line(label, text);
	}
}

void test_failed(const char *file, int line, const char *what,
		 long long left, long long right)
{
	int saved = errno;

	__atomic_store_n(&report->failed, 1, __ATOMIC_RELAXED);
	dprintf(STDOUT_FILENO, "# %s:%d: %s: not so (%#llx, %#llx; errno %d)\n",
		file, line, what, left, right, saved);
	errno = saved;
}

void test_skip(const char *why, ...)
{
	va_list args;

	va_start(args, why);
	vsnprintf(report->skip, sizeof(report->skip), why, args);
	va_end(args);
	_exit(KSFT_SKIP);
}

/* The device */

static int errno_of(int result)
{
	return result < 0 ? -errno : result;
}

int __ctx_info(int fd, struct vctx_info *info)
{
	*info = (struct vctx_info){ .size = sizeof(*info) };
	return errno_of(ioctl(fd, VCTX_IOC_INFO, info));
}

int __ctx_enter(int fd, uint64_t flags)
{
	struct vctx_enter enter = { .size = sizeof(enter), .flags = flags };

	return errno_of(ioctl(fd, VCTX_IOC_ENTER, &enter));
}

int __ctx_leave(int fd)
{
	return errno_of(ioctl(fd, VCTX_IOC_LEAVE));
}

int __ctx_stats(int fd, uint32_t scope, struct vctx_stats *stats)
{
	*stats = (struct vctx_stats){ .size = sizeof(*stats), .scope = scope };
	return errno_of(ioctl(fd, VCTX_IOC_STATS, stats));
}

void ctx_enter(uint64_t flags)
{
	int error = __ctx_enter(test_fd, flags);

	CHECK_EQ(error, 0);
	REQUIRE(!error);
}

int __ctx_enter_tickless(int fd, uint64_t flags, uint64_t bound_ns)
{
	struct vctx_enter enter = {
		.size = sizeof(enter),
		.flags = VCTX_ENTER_TICKLESS | flags,
		.tick_bound_ns = bound_ns,
	};

	return ioctl(fd, VCTX_IOC_ENTER, &enter) ? -errno : 0;
}

void ctx_enter_tickless(uint64_t bound_ns)
{
	CHECK_EQ(__ctx_enter_tickless(test_fd, 0, bound_ns), 0);
}

uint32_t ctx_refused(uint64_t flags, uint64_t bound_ns, int error,
		     enum vctx_unavailable why)
{
	struct vctx_enter enter = {
		.size = sizeof(enter),
		.why = ~0U,
		.flags = flags,
		.tick_bound_ns = bound_ns,
		.native = ~0U,
	};
	bool before = ctx_here();

	CHECK_EQ(errno_of(ioctl(test_fd, VCTX_IOC_ENTER, &enter)), error);
	CHECK_EQ(enter.why, (uint32_t)why);
	if (why != VCTX_UNAVAILABLE_STRICT)
		CHECK_EQ(enter.native, 0U);
	CHECK_EQ(enter.size, (uint32_t)sizeof(enter));
	CHECK_EQ(enter.flags, flags);
	CHECK_EQ(enter.tick_bound_ns, bound_ns);
	CHECK_EQ(ctx_here(), before);
	return enter.native;
}

void ctx_leave(void)
{
	CHECK_EQ(__ctx_leave(test_fd), 0);
}

static struct vctx_stats stats_of(uint32_t scope)
{
	struct vctx_stats stats;

	CHECK_EQ(__ctx_stats(test_fd, scope, &stats), 0);
	return stats;
}

struct vctx_stats ctx_stats(void)
{
	return stats_of(VCTX_SCOPE_THREAD);
}

struct vctx_stats ctx_tally(void)
{
	return stats_of(VCTX_SCOPE_FILE);
}

bool ctx_here(void)
{
	struct vctx_stats stats;
	int fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);
	bool here;

	if (fd < 0)
		return false;
	here = !__ctx_stats(fd, VCTX_SCOPE_THREAD, &stats);
	close(fd);
	return here;
}

void test_enter(void)
{
	if (test_in_context)
		ctx_enter(CTX_ALL);
}

struct watch watch_start(void)
{
	struct watch watch = { .wall_ns = now_ns() };

	if (test_in_context)
		watch.guest_ns = ctx_stats().guest_ns;
	return watch;
}

struct watch watch_stop(struct watch start)
{
	struct watch stop = watch_start();

	stop.wall_ns -= start.wall_ns;
	stop.guest_ns -= start.guest_ns;
	return stop;
}

/* One case */

/*
 * Load the initial state of the FPU, whatever the parent has done since the first
 * twin, except for one SSE register that is not zero: XRSTORS of Bochs 3.0 leaves
 * MXCSR to the next process unless SSE is in use.
 */
static void reset_fpu(void)
{
	/* The control word and MXCSR have these offsets in the area of FXSAVE. */
	static const _Alignas(16) uint32_t initial[128] = {
		[0] = 0x37f, [6] = 0x1f80,
	};

	asm volatile("fxrstor %0\n\t"
		     "pcmpeqd %%xmm7, %%xmm7" : : "m"(initial) : "xmm7");
}

static const struct test *called;

static void call_fn(void)
{
	called->fn(called->arg);
}

/* Both twins start with the same registers, whatever the compiler left there. */
static void call_test(const struct test *test)
{
	struct regs regs = regs_pattern(0x7e57);

	called = test;
	regs_call(&regs, call_fn);
}

__attribute__((noreturn))
static void child_main(const struct test *test)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	reset_fpu();
	if (!(test->flags & T_SELF))
		test_enter();
	call_test(test);
	fflush(stdout);
	_exit(__atomic_load_n(&report->failed, __ATOMIC_RELAXED) ?
	      KSFT_FAIL : KSFT_PASS);
}

static void on_alarm(int signo)
{
	(void)signo;	/* only to interrupt waitpid() */
}

/* Returns the wait status; the whole process group is gone afterwards. */
static int wait_case(pid_t pid)
{
	struct sigaction action = { .sa_handler = on_alarm };
	int status = 0;

	sigaction(SIGALRM, &action, NULL);
	alarm(test_seconds);
	while (waitpid(pid, &status, 0) < 0) {
		printf("# timed out after %u s\n", test_seconds);
		report->failed = 1;
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
	}
	alarm(0);
	kill(-pid, SIGKILL);
	return status;
}

/* Contexts of killed children end when those are reaped, not at once. */
static struct vctx_stats settled_tally(void)
{
	uint64_t limit = now_ns() + slowness() * NSEC_PER_SEC;
	struct vctx_stats tally = ctx_tally();

	while (tally.live && now_ns() < limit) {
		sched_yield();
		tally = ctx_tally();
	}
	return tally;
}

/* Was the context used, and is nothing left of it? */
static void check_tally(const struct test *test)
{
	struct vctx_stats tally = settled_tally();

	CHECK_EQ(tally.live, 0ULL);
	CHECK_EQ(tally.native[VCTX_NATIVE_FAILURE], 0ULL);
	CHECK_EQ(tally.native[VCTX_NATIVE_MEMORY], 0ULL);
	if (test->flags & T_UNUSED)
		return;
	/* 32-bit code runs in the guest as any other code does. */
	CHECK_EQ(tally.native[VCTX_NATIVE_COMPAT], 0ULL);
	CHECK_GE(tally.contexts, 1ULL);
	CHECK_GE(tally.entries, 1ULL);
	CHECK_GE(tally.guest_ns, 1ULL);
}

static int verdict(const struct test *test, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_SKIP)
		return KSFT_SKIP;
	if (!!(test->flags & T_DIES) != !!WIFSIGNALED(status) ||
	    (WIFEXITED(status) && WEXITSTATUS(status))) {
		printf("# ended with wait status %#x\n", status);
		return KSFT_FAIL;
	}
	return report->failed ? KSFT_FAIL : KSFT_PASS;
}

static void report_reset(void)
{
	report->failed = 0;
	report->full = 0;
	report->len = 0;
	report->notes[0] = '\0';
	report->skip[0] = '\0';
}

/* Run the case once; its notes stay in the report until the next run. */
static __attribute__((noipa)) int run_once(const struct test *test,
					   bool in_context, int *status)
{
	bool use_tally = in_context && !(test->flags & T_ALONE);
	pid_t pid;

	report_reset();
	test_in_context = in_context;
	/* Twins have the same descriptors. */
	test_fd = open(use_tally ? VCTX_DEVICE : "/dev/null",
		       O_RDWR | O_CLOEXEC);
	fflush(stdout);
	pid = fork();
	if (!pid)
		child_main(test);
	if (pid < 0) {
		CHECK(!"fork");
		return KSFT_FAIL;
	}
	*status = wait_case(pid);
	if (use_tally)
		check_tally(test);
	close(test_fd);
	test_fd = -1;
	test_in_context = false;
	CHECK(!report->full);
	return verdict(test, *status);
}

static int line_length(const char *line)
{
	return strcspn(line, "\n");
}

/* The first line in which two notes differ, and the headline above it. */
static void print_difference(const char *native, const char *context)
{
	const char *head = "";
	size_t at = 0, line = 0;

	while (native[at] && native[at] == context[at]) {
		if (native[at++] != '\n')
			continue;
		if (native[line] == *NOTE_HEAD)
			head = native + line;
		line = at;
	}
	if (*head)
		printf("# %.*s\n", line_length(head), head);
	printf("# natively:     %.*s\n", line_length(native + line),
	       native + line);
	printf("# in a context: %.*s\n", line_length(context + line),
	       context + line);
}

/* A context of the parent keeps the processors enabled, or -1. */
static int hold_hw(const struct test *test)
{
	int fd = -1;

	if (!(test->flags & T_HW_ON) || native_only)
		return fd;
	fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);
	CHECK_EQ(__ctx_enter(fd, 0), 0);
	return fd;
}

static void drop_hw(int fd)
{
	if (fd < 0)
		return;
	CHECK_EQ(__ctx_leave(fd), 0);
	close(fd);
}

/* One function calls both twins, so that their stacks are the same. */
static int run_twin(const struct test *test)
{
	int native_status, status, result, fd;
	char *native;

	fd = hold_hw(test);
	result = run_once(test, false, &native_status);
	drop_hw(fd);
	if (result != KSFT_PASS) {
		printf("# in the native run\n");
		return result;
	}
	native = strdup(report->notes);
	result = run_once(test, !native_only, &status);
	if (result == KSFT_PASS && status != native_status) {
		printf("# wait status natively %#x, in a context %#x\n",
		       native_status, status);
		result = KSFT_FAIL;
	}
	if (result == KSFT_PASS && strcmp(native, report->notes)) {
		print_difference(native, report->notes);
		result = KSFT_FAIL;
	}
	free(native);
	return result;
}

bool test_is_beyond(const char *name)
{
	const char *value = getenv("VCTX_SKIP");
	const char *program = program_invocation_short_name;
	const char *suffix = strstr(program, "_32");
	char list[4096], found[128];

	snprintf(list, sizeof(list), " %s ", value ? value : "");
	snprintf(found, sizeof(found), " %.*s/%s ",
		 (int)(suffix ? suffix - program : (long)strlen(program)),
		 program, name);
	return strstr(list, found);
}

uint64_t test_flags(uint64_t flags)
{
	return test_is_beyond("resume_flag") ? flags & ~RFLAGS_RF : flags;
}

static int nr_cpus_allowed(void)
{
	cpu_set_t set;

	CHECK_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	return CPU_COUNT(&set);
}

static int run_test(const struct test *test)
{
	int status;

	report_reset();
	if (test_is_beyond(test->name)) {
		strcpy(report->skip, "VCTX_SKIP: not natively on this machine");
		return KSFT_SKIP;
	}
	if ((test->flags & T_SMP) && nr_cpus_allowed() < 2) {
		strcpy(report->skip, "needs two CPUs");
		return KSFT_SKIP;
	}
	if ((test->flags & T_DEVICE) && native_only) {
		strcpy(report->skip, "VCTX_TEST_NATIVE is set");
		return KSFT_SKIP;
	}
	if (test->flags & T_TWIN)
		return run_twin(test);
	return run_once(test, !native_only, &status);
}

/* All cases */

static bool env_set(const char *name)
{
	const char *value = getenv(name);

	return value && strcmp(value, "0");
}

/* End the program if contexts are not available. */
static void require_device(void)
{
	int fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);
	struct vctx_info info = { 0 };
	int error = fd < 0 ? -errno : __ctx_info(fd, &info);

	close(fd);
	if (!error && info.unavailable == VCTX_AVAILABLE)
		return;
	printf("TAP version 13\n1..0 # SKIP %s: %s, unavailable: %u\n",
	       VCTX_DEVICE, strerror(-error), info.unavailable);
	exit(env_set("VCTX_REQUIRE") ? KSFT_FAIL : KSFT_SKIP);
}

static bool selected(const struct test *test, int argc, char **argv)
{
	for (int arg = 1; arg < argc; arg++)
		if (!strcmp(argv[arg], test->name))
			return true;
	return argc < 2;
}

int test_main(const struct test *tests, size_t nr, int argc, char **argv)
{
	unsigned int count[KSFT_SKIP + 1] = { 0 };
	unsigned int done = 0, plan = 0;

	native_only = env_set("VCTX_TEST_NATIVE");
	if (!native_only)
		require_device();
	test_seconds = (test_seconds + 3 * rounds(0)) * slowness();
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		return KSFT_FAIL;
	for (size_t i = 0; i < nr; i++)
		plan += selected(&tests[i], argc, argv);
	print_header(plan);
	for (size_t i = 0; i < nr; i++) {
		if (!selected(&tests[i], argc, argv))
			continue;
		int result = run_test(&tests[i]);

		print_result(++done, &tests[i], result);
		count[result]++;
	}
	print_totals(count);
	if (count[KSFT_FAIL] || !done)
		return KSFT_FAIL;
	return count[KSFT_PASS] ? KSFT_PASS : KSFT_SKIP;
}

/* The machine */

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

int rounds(int few)
{
	const char *many = getenv("VCTX_ROUNDS");

	return many ? atoi(many) : few;
}

unsigned int slowness(void)
{
	const char *times = getenv("VCTX_SLOW");

	return times ? atoi(times) : 1;
}

__attribute__((target("general-regs-only")))
void test_hear(uint64_t rung, struct vctx_bell_frame *where, void *heard)
{
	(void)rung;
	(void)where;
	if (heard)
		++*(volatile int *)heard;
}

bool is_exact(void)
{
	const char *exact = getenv("VCTX_EXACT");

	return exact && *exact == '1';
}

#define FIRMWARE	0xe0000

const volatile uint64_t *map_firmware(size_t size)
{
	int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	void *at;

	if (fd < 0)
		test_skip("/dev/mem cannot be opened");
	at = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, FIRMWARE);
	if (at == MAP_FAILED)
		test_skip("the firmware's memory cannot be mapped");
	close(fd);
	return at;
}

bool cpu_has_svm(void)
{
	unsigned int eax, ebx, ecx = 0, edx;

	return __get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) && ecx & 1 << 2;
}

int nr_cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

int current_cpu(void)
{
	unsigned int cpu = -1;

	syscall(SYS_getcpu, &cpu, NULL, NULL);
	return cpu;
}

void burn(uint64_t ns)
{
	uint64_t end = now_ns() + ns;

	while (now_ns() < end)
		for (volatile int i = 0; i < 1000; i++)
			;
}

pid_t hog_start(int cpu)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (cpu >= 0)
		pin(cpu);
	for (;;)
		burn(NSEC_PER_SEC);
}

void hog_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int wait_exit(pid_t pid)
{
	int status = -1;

	pid_t waited = waitpid(pid, &status, 0);

	if (pid > 0)
		CHECK_EQ(waited, pid);
	else
		CHECK_GE(waited, 1);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

void in_child(void (*fn)(void))
{
	pid_t pid = fork();

	if (!pid) {
		fn();
		_exit(0);
	}
	CHECK_EQ(wait_exit(pid), 0);
}

static char state_of(pid_t tid)
{
	char path[64], line[256] = "";
	const char *name_end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, line, sizeof(line) - 1) <= 0)
		line[0] = '\0';
	close(fd);
	name_end = strrchr(line, ')');
	return name_end ? name_end[2] : '\0';
}

void wait_state(pid_t tid, char state)
{
	while (state_of(tid) != state)
		sched_yield();
}

void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	CHECK_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

int __module_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

/* DKMS installs elsewhere, and compresses: modprobe finds a module that is not in extra/. */
static int modprobe(const char *options, const char *name)
{
	char command[80];

	snprintf(command, sizeof(command), "modprobe %s %s", options, name);
	return system(command) ? -ENOENT : 0;
}

static int module_open(const char *name)
{
	struct utsname uts;
	char path[256];
	int fd;

	uname(&uts);
	snprintf(path, sizeof(path), "/lib/modules/%s/extra/%s.ko", uts.release,
		 name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

bool module_installed(const char *name)
{
	int fd = module_open(name);

	if (fd < 0)
		return !modprobe("-nq", name);
	close(fd);
	return true;
}

/*
 * The parameters of a module that are on the kernel's command line, as modprobe finds
 * them there: NAME.PARAMETER=VALUE.
 */
static const char *module_parameters(const char *name)
{
	static char line[4096], found[4096];
	size_t length = strlen(name), end = 0;
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t size = read(fd, line, sizeof(line) - 1);

	close(fd);
	line[size > 0 ? size : 0] = '\0';
	for (char *word = strtok(line, "\n "); word; word = strtok(NULL, "\n "))
		if (!strncmp(word, name, length) && word[length] == '.')
			end += snprintf(found + end, sizeof(found) - end, "%s ",
					word + length + 1);
	return end ? found : "";
}

int __module_load(const char *name)
{
	int error, fd = module_open(name);

	if (fd < 0)
		return modprobe("-q", name);
	error = syscall(SYS_finit_module, fd, module_parameters(name), 0) ?
		-errno : 0;
	close(fd);
	return error;
}
