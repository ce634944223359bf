// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random bytes are executed: whatever they do natively, they do in a context.
 *
 *   VCTX_SEED=N fuzz
 *
 * Each sequence runs in a process of its own that can make no system call.
 */
#define _GNU_SOURCE
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "fault.h"
#include "regs.h"
#include "vctx_selftest.h"

#define SEQUENCES	150
#define MAX_BYTES	24

/* A sequence that takes more CPU time than this does not end. */
#define MAX_USEC	100000

/*
 * Code, data and stack are far from each other and from all else, so that what a
 * displacement of 32 bits can reach is known, or not mapped.  In 32-bit code a
 * displacement reaches everything, but seldom hits what is mapped.
 */
#ifdef __i386__
#define CODE_AT		((void *)0x10000000)
#define SCRATCH_AT	((char *)0x20000000)
#define STACK_AT	((char *)0x30000000)
#define OWN_ARCH	AUDIT_ARCH_I386
#else
#define CODE_AT		((void *)0x100000000000)
#define SCRATCH_AT	((char *)0x200000000000)
#define STACK_AT	((char *)0x300000000000)
#define OWN_ARCH	AUDIT_ARCH_X86_64
#endif
#define SCRATCH_BYTES	4096
#define STACK_BYTES	16384

static uint64_t seed;
static uint64_t random_state;

static uint64_t random_next(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 0x2545f4914f6cdd1dULL) >> 16;
}

/*
 * Instructions that tell the time or are random give never the same twice, and so do
 * those that may lead to them: SYSENTER goes on in the vDSO, which has RDTSC.
 */
static bool predictable(const unsigned char *bytes, size_t len)
{
	static const char * const unpredictable[] = {
		"\x0f\x31", "\x0f\x34", "\x0f\x01\xf9", "\x0f\xc7",
	};

	for (size_t i = 0; i < ARRAY_SIZE(unpredictable); i++)
		if (memmem(bytes, len, unpredictable[i],
			   strlen(unpredictable[i])))
			return false;
	return true;
}

/* Half of them begin with a prefix or the two-byte escape, where most instructions are. */
static size_t random_sequence(unsigned char *bytes)
{
	static const unsigned char starts[] = {
		0x0f, 0x48, 0x66, 0xf2, 0xf3, 0xc5, 0xf0, 0x64, 0xcd, 0x8e,
	};
	size_t len = 2 + random_next() % (MAX_BYTES - 2);

	do {
		for (size_t i = 0; i < len; i++)
			bytes[i] = random_next();
		if (random_next() % 2)
			bytes[0] = starts[random_next() % sizeof(starts)];
	} while (!predictable(bytes, len));
	return len;
}

/* Only the system calls that are needed to come back are allowed. */
static void forbid_syscalls(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigprocmask, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	REQUIRE(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	REQUIRE(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static char *map_at(char *at, size_t len)
{
	char *got = mmap(at, len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			 0);

	REQUIRE(got == at);
	return got;
}

static struct regs *regs;
static ucontext_t back;

static void execute(void)
{
	regs_call(regs, CODE_AT);
}

/* This runs on the stack that is far away. */
static void execute_there(void *arg)
{
	ucontext_t there;

	getcontext(&there);
	there.uc_stack.ss_sp = arg;
	there.uc_stack.ss_size = STACK_BYTES;
	there.uc_link = &back;
	makecontext(&there, execute, 0);
	swapcontext(&back, &there);
}

/* General registers that point to memory, so that accesses go somewhere. */
static struct regs some_regs(void)
{
	struct regs some = regs_pattern(17);

	some.rdi = (uintptr_t)SCRATCH_AT + 1024;
	some.rsi = (uintptr_t)SCRATCH_AT + 2048;
	some.rbx = (uintptr_t)SCRATCH_AT + 512;
	some.rax = 3;
	some.rcx = 2;
	some.rdx = 0;
	return some;
}

static uint64_t hash(const char *bytes, size_t len)
{
	uint64_t value = 0;

	while (len--)
		value = (value ^ (unsigned char)*bytes++) * 0x100000001b3ULL;
	return value;
}

static void run_sequence(const unsigned char *bytes, size_t len)
{
	uint64_t usec = (uint64_t)MAX_USEC * slowness();
	struct itimerval limit = {
		.it_value = { usec / 1000000, usec % 1000000 },
	};
	char *scratch = map_at(SCRATCH_AT, SCRATCH_BYTES);
	char *stack = map_at(STACK_AT, STACK_BYTES);
	struct regs start;
	int signo;

	snippet_load_at(CODE_AT, bytes, len);
	start = some_regs();
	regs = &start;
	fault_catch();
	setitimer(ITIMER_PROF, &limit, NULL);
	forbid_syscalls();
	signo = fault_of(execute_there, stack);
	asm volatile("fninit");
	/* An interrupt may have cleared the RPL of null selectors. */
#ifdef __i386__
	for (int reg = REG_GS; reg <= REG_DS; reg++)
		if (fault.gregs[reg] <= 3)
			fault.gregs[reg] = 0;
#else
	fault.gregs[REG_CSGSFS] &= 0xffff;
#endif
	note("signal", signo);
	if (signo)
		fault_note();
	else
		regs_note("regs", regs);
	note("scratch", hash(scratch, SCRATCH_BYTES));
	_exit(0);
}

static void fuzz(const void *arg)
{
	unsigned char bytes[MAX_BYTES];
	uint64_t number = *(const uint64_t *)arg;
	int status;

	pin(0);		/* the results of SGDT and others differ from CPU to CPU */
	random_state = (seed + number) * 0x9e3779b97f4a7c15ULL | 1;
	note("seed", seed);
	for (int i = 0; i < SEQUENCES; i++) {
		size_t len = random_sequence(bytes);
		pid_t pid;

		note_bytes(NOTE_HEAD "bytes", bytes, len);
		pid = fork();
		if (!pid)
			run_sequence(bytes, len);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		note("status", status);
	}
}

#define PART(number)							\
	{ "part_" #number, fuzz, &(const uint64_t){ number },	\
	  T_TWIN | T_HW_ON }

static const struct test tests[] = {
	PART(1), PART(2),
};

int main(int argc, char **argv)
{
	const char *given = getenv("VCTX_SEED");

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)getpid();
	printf("# seed %llu\n", (unsigned long long)seed);
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
