/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of vcontext have in common: KTAP, cases that run in a
 * context, twins that run natively and in one, and the calls of /dev/vcontext.
 *
 * A case runs in a child process, so that it may crash, exec or exit.  A twin
 * runs in two children of the same parent: both have the same address space to
 * the byte, so that even addresses can be compared.
 *
 * Of two functions foo() and __foo(), the first asserts success; the second
 * returns -errno.
 *
 * Environment:
 *   VCTX_REQUIRE=1      no /dev/vcontext is a failure, not a skip
 *   VCTX_TEST_NATIVE=1  never enter: do the expectations hold on plain Linux?
 *   VCTX_ROUNDS=N       how many rounds a test does that does few by default
 *   VCTX_SLOW=N         the machine may take N times as long as others
 *   VCTX_SKIP="A/B ..." cases B of programs A and A_32 that the machine cannot do
 *                       natively
 */
#ifndef VCTX_SELFTEST_H
#define VCTX_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/vcontext.h>

#define VCTX_DEVICE	"/dev/vcontext"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define TICKS_PER_SEC	250ULL
#define NSEC_PER_MSEC	1000000ULL
#define NSEC_PER_SEC	1000000000ULL

enum ksft_exit {
	KSFT_PASS = 0,
	KSFT_FAIL = 1,
	KSFT_SKIP = 4,
};

/* Run the case natively and in a context; notes and end must be the same. */
#define T_TWIN		(1U << 0)
/* The case itself enters, by test_enter(), or it does not enter at all. */
#define T_SELF		(1U << 1)
/* The case need not have executed anything in guest mode. */
#define T_UNUSED	(1U << 2)
/* The case must die of a signal; twins must die of the same one. */
#define T_DIES		(1U << 3)
/* The case needs two CPUs, on which the program may run. */
#define T_SMP		(1U << 4)
/* The case is about the device, so that it means nothing natively. */
#define T_DEVICE	(1U << 5)
/* The native twin, too, runs on processors in VMX operation. */
#define T_HW_ON		(1U << 6)
/* The case opens the device itself: nobody else has it open meanwhile. */
#define T_ALONE		(1U << 7)

struct test {
	const char *name;
	void (*fn)(const void *arg);
	const void *arg;
	unsigned int flags;
};

/* Run all of @tests, or those named in @argv; returns the exit status. */
int test_main(const struct test *tests, size_t nr, int argc, char **argv);

#define TEST_MAIN(tests)						\
int main(int argc, char **argv)						\
{									\
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);		\
}

/* The case that is running. */

/* Whether this is the run in a context; false for a native twin. */
extern bool test_in_context;

/* An open file of the device, whose tally is that of this case alone. */
extern int test_fd;

/* A case that takes longer than this hangs. */
extern unsigned int test_seconds;

/*
 * Add to what is compared with the twin.  A note whose name begins with NOTE_HEAD is
 * a headline: it is shown with a difference below it.
 */
#define NOTE_HEAD	"@"
void note(const char *name, uint64_t value);
void note_bytes(const char *name, const void *bytes, size_t len);

/*
 * Whether VCTX_SKIP names a case, or another thing that this program has a name for.
 * The machine, most likely an emulator, cannot do natively what is named.
 */
bool test_is_beyond(const char *name);

/* The flags for note(): without the resume flag if VCTX_SKIP names "resume_flag". */
uint64_t test_flags(uint64_t flags);

__attribute__((noreturn, format(printf, 1, 2)))
void test_skip(const char *why, ...);

void test_failed(const char *file, int line, const char *what,
		 long long left, long long right);

#define CHECK(cond)							\
do {									\
	if (!(cond))							\
		test_failed(__FILE__, __LINE__, #cond, 0, 0);		\
} while (0)

#define CHECK_OP(a, op, b)						\
do {									\
	__typeof__(a) _left = (a);					\
	__typeof__(b) _right = (b);					\
									\
	if (!(_left op _right))						\
		test_failed(__FILE__, __LINE__, #a " " #op " " #b,	\
			    (long long)_left, (long long)_right);	\
} while (0)

#define CHECK_EQ(a, b)	CHECK_OP(a, ==, b)
#define CHECK_GE(a, b)	CHECK_OP(a, >=, b)
#define CHECK_LE(a, b)	CHECK_OP(a, <=, b)

/* A failure ends the case, which cannot go on. */
#define REQUIRE(cond)							\
do {									\
	if (!(cond)) {							\
		test_failed(__FILE__, __LINE__, #cond, 0, 0);		\
		_exit(KSFT_FAIL);					\
	}								\
} while (0)

/* The calls of the device. */

int __ctx_info(int fd, struct vctx_info *info);
int __ctx_enter(int fd, uint64_t flags);
int __ctx_leave(int fd);
int __ctx_stats(int fd, uint32_t scope, struct vctx_stats *stats);

void ctx_enter(uint64_t flags);
void ctx_leave(void);
struct vctx_stats ctx_stats(void);
struct vctx_stats ctx_tally(void);

/* Whether the calling thread has a context; opens the device itself. */
bool ctx_here(void);

#define CTX_ALL	(VCTX_ENTER_INHERIT | VCTX_ENTER_KEEP_EXEC)

/* Enter with CTX_ALL in the run in a context, do nothing in a native one. */
void test_enter(void);

/* Measure the time between start and stop, and how much of it was guest time. */
struct watch {
	uint64_t wall_ns;
	uint64_t guest_ns;
};

struct watch watch_start(void);
struct watch watch_stop(struct watch start);

/* The same with VCTX_ENTER_TICKLESS; bound 0 is the default bound. */
int __ctx_enter_tickless(int fd, uint64_t flags, uint64_t bound_ns);
void ctx_enter_tickless(uint64_t bound_ns);

/*
 * VCTX_IOC_ENTER is refused with this error, and for this reason, and there is no
 * context afterwards that was not there before.  Returns vctx_enter.native.
 */
uint32_t ctx_refused(uint64_t flags, uint64_t bound_ns, int error,
		     enum vctx_unavailable why);

/* The handler of a bell: counts how often it runs in @heard, an int, unless that is NULL. */
void test_hear(uint64_t rung, struct vctx_bell_frame *where, void *heard);

/* The machine. */

int rounds(int few);

/* How many times as long as elsewhere anything may take. */
unsigned int slowness(void);

/* The TSC counts instructions, and nothing else takes time. */
bool is_exact(void);

/*
 * The first @size bytes of the firmware, which every PC has there: they are no RAM, and
 * may be read.  Skips the case if they cannot be mapped.
 */
const volatile uint64_t *map_firmware(size_t size);

uint64_t now_ns(void);
int nr_cpus(void);
bool cpu_has_svm(void);
void pin(int cpu);
int current_cpu(void);	/* by the system call, not by the vDSO */

/* Make a system call that changes nothing of the thread, not even errno. */
static inline long raw_syscall(long nr, long first, long second, long third)
{
	long result;

#ifdef __i386__
	asm volatile("int $0x80" : "=a"(result)
		     : "a"(nr), "b"(first), "c"(second), "d"(third)
		     : "memory");
#else
	asm volatile("syscall" : "=a"(result)
		     : "a"(nr), "D"(first), "S"(second), "d"(third)
		     : "rcx", "r11", "memory");
#endif
	return result;
}

/* Keep the processor in user mode, without a system call. */
void burn(uint64_t ns);

/* Start a process that only burns time on one CPU; -1 is any CPU. */
pid_t hog_start(int cpu);
void hog_stop(pid_t pid);

/* Wait for a child (-1: any), assert that it exited, and return its status. */
int wait_exit(pid_t pid);
/* Run @fn in a child; its CHECKs count here. */
void in_child(void (*fn)(void));

/* Wait until the thread sleeps or is stopped ('S', 'T', 't', 'Z'). */
void wait_state(pid_t tid, char state);

void write_file(const char *path, const char *text);

/* Load or unload a module of the project; unloading does not wait. */
int __module_load(const char *name);
int __module_unload(const char *name);
bool module_installed(const char *name);

#endif /* VCTX_SELFTEST_H */
