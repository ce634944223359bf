// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a debugger or strace sees of a thread in a context.  The tracer runs
 * natively, or (cases *_both) in a context too.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regs.h"
#include "vctx_selftest.h"

#define INT3	0xccUL

#ifdef __i386__
#define cs		xcs
#define ss		xss
#define CODE_SEGMENT	0x23
/* The register in which a function gets its argument, and how it is declared. */
#define BY_REGISTER	__attribute__((regparm(1)))
#define ARGUMENT	eax
/* The registers with the arguments of a system call. */
#define SYSCALL_SUM(regs)						\
	((regs).ebx + (regs).ecx + (regs).edx + (regs).esi + (regs).edi + \
	 (regs).ebp)
#define FP_REGS		user_fpxregs_struct
#define GET_FP_REGS	PTRACE_GETFPXREGS
#define SET_FP_REGS	PTRACE_SETFPXREGS
#else
#define CODE_SEGMENT	0x33
#define BY_REGISTER
#define ARGUMENT	rdi
#define SYSCALL_SUM(regs)						\
	((regs).rdi + (regs).rsi + (regs).rdx + (regs).r10 + (regs).r8 + \
	 (regs).r9)
#define FP_REGS		user_fpregs_struct
#define GET_FP_REGS	PTRACE_GETFPREGS
#define SET_FP_REGS	PTRACE_SETFPREGS
#endif

#define DEBUGREG(nr)	offsetof(struct user, u_debugreg[nr])
#define DR6_HIT(nr)	(1UL << (nr))
#define DR7_EXECUTE(nr)	(1UL << (2 * (nr)))
#define DR7_WRITE4(nr)	(DR7_EXECUTE(nr) | 0xdUL << (16 + 4 * (nr)))

/* Shared with the tracee. */
static struct tracee_data {
	volatile int go;
	volatile int word;
	volatile pid_t tid;
	struct regs regs;
} *data;

/* Tracees: each in a context, then stopped, and continued by the tracer. */

static void tracee_stop(void)
{
	CHECK_EQ(ptrace(PTRACE_TRACEME, 0, NULL, NULL), 0);
	raise(SIGSTOP);
}

static pid_t tracee_start(void (*fn)(void))
{
	pid_t pid;
	int status;

	data = mmap(NULL, sizeof(*data), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(data != MAP_FAILED);
	pid = fork();
	if (!pid) {
		if (!test_in_context || !ctx_here())
			test_enter();
		tracee_stop();
		/* Without this the registers would hold a pid. */
		struct regs regs = regs_pattern(31);

		regs_call(&regs, fn);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	REQUIRE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	return pid;
}

static struct user_regs_struct get_regs(pid_t pid)
{
	struct user_regs_struct regs;

	CHECK_EQ(ptrace(PTRACE_GETREGS, pid, NULL, &regs), 0);
	return regs;
}

static void set_regs(pid_t pid, struct user_regs_struct regs)
{
	CHECK_EQ(ptrace(PTRACE_SETREGS, pid, NULL, &regs), 0);
}

/* Compare all but FS base, which the C library sets, and what a stop adds. */
static void note_regs(const struct user_regs_struct *regs)
{
#ifdef __i386__
	note_bytes("regs", regs, sizeof(*regs));
#else
	note_bytes("regs", regs, offsetof(struct user_regs_struct, fs_base));
	note("gs_base", regs->gs_base);
#endif
}

/* Continue by @request until the next stop, and return its signal. */
static int resume(pid_t pid, int request, int signo)
{
	int status = 0;

	CHECK_EQ(ptrace(request, pid, NULL, (long)signo), 0);
	CHECK_EQ(waitpid(pid, &status, __WALL), pid);
	return WIFSTOPPED(status) ? WSTOPSIG(status) : -1;
}

static void finish(pid_t pid, int signo)
{
	CHECK_EQ(ptrace(PTRACE_DETACH, pid, NULL, (long)signo), 0);
	CHECK_EQ(wait_exit(pid), 0);
}

static unsigned long peek_user(pid_t pid, size_t offset)
{
	errno = 0;
	return ptrace(PTRACE_PEEKUSER, pid, offset, NULL);
}

static void poke_user(pid_t pid, size_t offset, unsigned long value)
{
	CHECK_EQ(ptrace(PTRACE_POKEUSER, pid, offset, value), 0);
}

/* The function that is looked at. */
static BY_REGISTER __attribute__((noipa)) int stepped(int value)
{
	asm volatile("" : "+r"(value) : : "memory");
	data->word = value;
	return value * 3 + 1;
}

static void call_stepped(void)
{
	for (int i = 0; i < 3; i++)
		CHECK_EQ(stepped(i), i * 3 + 1);
	CHECK_EQ(data->word, 2);
}

/* An INT3 that the tracer plants, and steps over, as gdb does. */
static void breakpoint(const void *arg)
{
	pid_t pid = tracee_start(call_stepped);
	uintptr_t at = (uintptr_t)stepped;
	long code = ptrace(PTRACE_PEEKTEXT, pid, at, NULL);
	long trap = (code & ~0xffL) | INT3;

	(void)arg;
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(ptrace(PTRACE_POKETEXT, pid, at, trap), 0);
		CHECK_EQ(resume(pid, PTRACE_CONT, 0), SIGTRAP);
		struct user_regs_struct regs = get_regs(pid);

		CHECK_EQ(regs.rip, at + 1);
		CHECK_EQ((int)regs.ARGUMENT, i);
		note_regs(&regs);
		CHECK_EQ(ptrace(PTRACE_POKETEXT, pid, at, code), 0);
		regs.rip = at;
		set_regs(pid, regs);
		CHECK_EQ(resume(pid, PTRACE_SINGLESTEP, 0), SIGTRAP);
		note("after", get_regs(pid).rip - at);
	}
	finish(pid, 0);
}

/* Instructions of all kinds between two breakpoints, one at a time. */
static void step_kinds(void)
{
	int zero = 0;

	asm volatile("int3\n\t"
		     "nop\n\t"
		     "mov %%ss, %%eax\n\t"
		     "mov %%eax, %%ss\n\t"
		     "nop\n\t"
		     "xor %%eax, %%eax\n\t"
		     "xor %%ecx, %%ecx\n\t"
		     "cpuid\n\t"
		     "mov $3, %%ecx\n\t"
		     "lea %0, %%" R "di\n\t"
		     "push %%" R "di\n\t"
		     "1: loop 1b\n\t"
		     "mov $2, %%ecx\n\t"
		     "rep stosb\n\t"
		     "pushf\n\t"
		     "pop %%" R "ax\n\t"
		     "call 2f\n"
		     "2: pop %%" R "ax\n\t"
		     "pop %%" R "di\n\t"
		     "int3"
		     : "+m"(zero) : : R "ax", R "bx", R "cx", R "dx", R "di",
		       "memory", "cc");
}

static void step_all(pid_t pid, int request, int limit)
{
	CHECK_EQ(resume(pid, PTRACE_CONT, 0), SIGTRAP);
	for (int i = 0; i < limit; i++) {
		struct user_regs_struct regs;
		siginfo_t info;

		CHECK_EQ(resume(pid, request, 0), SIGTRAP);
		regs = get_regs(pid);
		note("rip", regs.rip);
		note("flags", test_flags(regs.eflags));
		CHECK_EQ(ptrace(PTRACE_GETSIGINFO, pid, NULL, &info), 0);
		note("code", info.si_code);
		if (info.si_code == SI_KERNEL)	/* the second INT3 */
			break;
	}
}

static void single_step(const void *arg)
{
	pid_t pid = tracee_start(step_kinds);

	(void)arg;
	step_all(pid, PTRACE_SINGLESTEP, 60);
	finish(pid, 0);
}

static void block_step(const void *arg)
{
	pid_t pid = tracee_start(step_kinds);

	(void)arg;
	step_all(pid, PTRACE_SINGLEBLOCK, 60);
	finish(pid, 0);
}

/* Debug registers */

static void watchpoint(const void *arg)
{
	pid_t pid = tracee_start(call_stepped);

	(void)arg;
	poke_user(pid, DEBUGREG(0), (uintptr_t)&data->word);
	poke_user(pid, DEBUGREG(7), DR7_WRITE4(0));
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(resume(pid, PTRACE_CONT, 0), SIGTRAP);
		CHECK_EQ(data->word, i);
		CHECK(peek_user(pid, DEBUGREG(6)) & DR6_HIT(0));
		note("rip", get_regs(pid).rip);
		poke_user(pid, DEBUGREG(6), 0);
	}
	poke_user(pid, DEBUGREG(7), 0);
	finish(pid, 0);
}

static void hardware_breakpoint(const void *arg)
{
	pid_t pid = tracee_start(call_stepped);

	(void)arg;
	poke_user(pid, DEBUGREG(1), (uintptr_t)stepped);
	poke_user(pid, DEBUGREG(7), DR7_EXECUTE(1));
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(resume(pid, PTRACE_CONT, 0), SIGTRAP);
		CHECK_EQ(get_regs(pid).rip, (uintptr_t)stepped);
		CHECK_EQ((int)get_regs(pid).ARGUMENT, i);
		CHECK(peek_user(pid, DEBUGREG(6)) & DR6_HIT(1));
	}
	poke_user(pid, DEBUGREG(7), 0);
	finish(pid, 0);
}

/* Whether the thread ran natively meanwhile, counted under the reason. */
static void report_natives(void)
{
	call_stepped();
	if (test_in_context)
		CHECK_GE(ctx_stats().native[VCTX_NATIVE_BREAKPOINT], 1ULL);
}

static void breakpoint_reason(const void *arg)
{
	pid_t pid = tracee_start(report_natives);

	(void)arg;
	poke_user(pid, DEBUGREG(0), (uintptr_t)&data->go);
	poke_user(pid, DEBUGREG(7), DR7_WRITE4(0));
	finish(pid, 0);
}

/* System calls, as strace sees them. */

/* All registers are compared, so no argument is left to chance. */
#define CALL(...)	syscall(__VA_ARGS__, 0, 0, 0, 0, 0, 0)

static void make_calls(void)
{
	int fd;

	CALL(SYS_getuid);
	fd = CALL(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY | O_CLOEXEC);
	CALL(SYS_write, fd, "text", 4);
	CALL(SYS_close, fd);
	CALL(SYS_close, fd);
	CALL(SYS_openat, AT_FDCWD, "/no such file", O_RDONLY);
	CALL(SYS_mprotect, data, 4096, PROT_READ | PROT_WRITE);
	CALL(-1);
	CALL(999, 1, 2, 3);
	CALL(SYS_exit_group, 0);
}

static void syscall_trace(const void *arg)
{
	pid_t pid = tracee_start(make_calls);
	int stops = 0, signo;

	(void)arg;
	CHECK_EQ(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD),
		 0);
	while ((signo = resume(pid, PTRACE_SYSCALL, 0)) == (SIGTRAP | 0x80)) {
		struct user_regs_struct regs = get_regs(pid);
		struct __ptrace_syscall_info info;

		note_regs(&regs);
		CHECK_GE(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info),
				&info), 1);
		note("op", info.op);
		note("ip", info.instruction_pointer);
		stops++;
	}
	CHECK_EQ(signo, -1);		/* ended */
	CHECK_GE(stops, 19);
}

/* The tracer changes a call and its result. */
static void call_getuid(void)
{
	CHECK_EQ(syscall(SYS_getuid), 4711);
	CHECK_EQ(syscall(SYS_getuid), (long)getuid());
}

static void syscall_change(const void *arg)
{
	pid_t pid = tracee_start(call_getuid);
	struct user_regs_struct regs;

	(void)arg;
	CHECK_EQ(resume(pid, PTRACE_SYSCALL, 0), SIGTRAP);
	regs = get_regs(pid);
	CHECK_EQ(regs.orig_rax, (unsigned long long)SYS_getuid);
	regs.orig_rax = SYS_getppid;
	set_regs(pid, regs);
	CHECK_EQ(resume(pid, PTRACE_SYSCALL, 0), SIGTRAP);
	regs = get_regs(pid);
	CHECK_EQ(regs.rax, (unsigned long long)getpid());
	regs.rax = 4711;
	set_regs(pid, regs);
	finish(pid, 0);
}

/* With PTRACE_SYSEMU the call is not made: the tracer provides the result. */
static void call_emulated(void)
{
	CHECK_EQ(syscall(12345, 1, 2, 3, 4, 5, 6), 21L);
	CHECK_EQ(syscall(SYS_getuid), 7L);
}

static void sysemu(const void *arg)
{
	pid_t pid = tracee_start(call_emulated);
	struct user_regs_struct regs;

	(void)arg;
	CHECK_EQ(resume(pid, PTRACE_SYSEMU, 0), SIGTRAP);
	regs = get_regs(pid);
	CHECK_EQ(regs.orig_rax, 12345ULL);
	note_regs(&regs);
	regs.rax = SYSCALL_SUM(regs);
	set_regs(pid, regs);
	CHECK_EQ(resume(pid, PTRACE_SYSEMU, 0), SIGTRAP);
	regs = get_regs(pid);
	CHECK_EQ(regs.orig_rax, (unsigned long long)SYS_getuid);
	regs.rax = 7;
	set_regs(pid, regs);
	finish(pid, 0);
}

/* A tracee that loops with all registers known. */

extern const char loop_start[], loop_end[];

asm(".pushsection .text\n\t"
	".globl loop_start, loop_end\n"
	"loop_start:\n\t"
	"cmpl $0, (%" R "di)\n\t"
	"je loop_start\n"
	"loop_end:\n\t"
	"ret\n\t"
	".popsection");

static void loop_with_pattern(void)
{
	struct regs regs = regs_pattern(21);

	data->tid = gettid();
	regs.rdi = (uintptr_t)&data->go;
	regs_call(&regs, loop_start);
	data->regs = regs;
}

static void wait_looping(void)
{
	while (!data->tid)
		sched_yield();
	burn(NSEC_PER_MSEC);
	usleep(2000);
}

static void check_loop_regs(pid_t tid)
{
	struct user_regs_struct regs = get_regs(tid);
	struct regs pattern = regs_pattern(21);

	CHECK_GE(regs.rip, (uintptr_t)loop_start);
	CHECK_LE(regs.rip, (uintptr_t)loop_end);
	CHECK_EQ((int)regs.cs, CODE_SEGMENT);
	CHECK_EQ((int)regs.ss, 0x2b);
	CHECK_EQ((long)regs.orig_rax, -1L);
	regs.rip = 0;
	regs.eflags = 0;
	note_regs(&regs);
	CHECK_EQ((unsigned long)regs.rax, pattern.rax);
	CHECK_EQ((unsigned long)regs.rbp, pattern.rbp);
	CHECK_EQ((unsigned long)regs.rdi, (uintptr_t)&data->go);
}

/* Stop a hot loop, change a register and where it goes on. */
static void change_loop(pid_t tid)
{
	struct user_regs_struct regs = get_regs(tid);

	regs.rbx = 0x1212;
	regs.rip = (uintptr_t)loop_end;
	set_regs(tid, regs);
}

static void check_changed(void)
{
	struct regs expected = regs_pattern(21);

	expected.rdi = (uintptr_t)&data->go;
	expected.rbx = 0x1212;
	expected.rflags = data->regs.rflags;
	CHECK(!memcmp(&expected, &data->regs, sizeof(expected)));
}

static void hot_loop(const void *arg)
{
	pid_t pid = tracee_start(loop_with_pattern);
	int status;

	(void)arg;
	CHECK_EQ(ptrace(PTRACE_CONT, pid, NULL, 0L), 0);
	wait_looping();
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	check_loop_regs(pid);
	change_loop(pid);
	finish(pid, 0);
	check_changed();
}

/* The tracee is sent where no code can be: it gets a signal, and goes on elsewhere. */
static void wild_rip(const void *arg)
{
	static const uint64_t wild[] = {
		0, 0x800000000000, 0x7ffffffff000, 0xffff800000000000,
		0xffffffff81000000, ~0ULL,
	};
	pid_t pid = tracee_start(call_stepped);
	struct user_regs_struct good = get_regs(pid), regs;

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(wild); i++) {
		note(NOTE_HEAD "to", wild[i]);
		regs = good;
		regs.rip = wild[i];
		set_regs(pid, regs);
		note("signal", resume(pid, PTRACE_CONT, 0));
		regs = get_regs(pid);
		note("rip", regs.rip);
		note("flags", test_flags(regs.eflags));
	}
	set_regs(pid, good);
	finish(pid, 0);
}

static void shared_data(void)
{
	data = mmap(NULL, sizeof(*data), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(data != MAP_FAILED);
}

static void *loop_main(void *arg)
{
	(void)arg;
	loop_with_pattern();
	return NULL;
}

/* The second thread of an untraced process that is in a context. */
static void attach_main(void)
{
	pthread_t thread;

	test_enter();
	REQUIRE(!pthread_create(&thread, NULL, loop_main, NULL));
	pthread_join(thread, NULL);
}

static void attach_thread(const void *arg)
{
	pid_t pid, tid;
	int status;

	(void)arg;
	shared_data();
	pid = fork();
	if (!pid) {
		attach_main();
		_exit(0);
	}
	wait_looping();
	tid = data->tid;
	CHECK_EQ(ptrace(PTRACE_SEIZE, tid, NULL, NULL), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(ptrace(PTRACE_INTERRUPT, tid, NULL, NULL), 0);
		CHECK_EQ(waitpid(tid, &status, __WALL), tid);
		check_loop_regs(tid);
		if (i == 2)
			change_loop(tid);
		CHECK_EQ(ptrace(i == 2 ? PTRACE_DETACH : PTRACE_CONT, tid, NULL,
				0L), 0);
	}
	CHECK_EQ(wait_exit(pid), 0);
	check_changed();
}

/* The tracer reads and writes floating point registers. */
static void use_xmm(void)
{
	double value[2] = { 1.25, 2.5 };

	asm volatile("movupd %0, %%xmm3\n\t"
		     "int3\n\t"
		     "movupd %%xmm3, %0" : "+m"(value) : : "xmm3");
	CHECK(value[0] == 10.5 && value[1] == 2.5);
}

static void fp_registers(const void *arg)
{
	pid_t pid = tracee_start(use_xmm);
	struct FP_REGS fp;
	double value[2];

	(void)arg;
	CHECK_EQ(resume(pid, PTRACE_CONT, 0), SIGTRAP);
	CHECK_EQ(ptrace(GET_FP_REGS, pid, NULL, &fp), 0);
	memcpy(value, &fp.xmm_space[4 * 3], sizeof(value));
	CHECK(value[0] == 1.25 && value[1] == 2.5);
	note("mxcsr", fp.mxcsr);
	value[0] = 10.5;
	memcpy(&fp.xmm_space[4 * 3], value, sizeof(value));
	CHECK_EQ(ptrace(SET_FP_REGS, pid, NULL, &fp), 0);
	finish(pid, 0);
}

#ifdef __x86_64__
/* The tracer reads and writes the bases of FS and GS. */
static void use_gs(void)
{
	uint64_t value = 0;

	asm volatile("int3\n\tmov %%gs:0, %0" : "=r"(value));
	CHECK_EQ(value, 0x6007ULL);
}

static void segment_base(const void *arg)
{
	static const uint64_t target = 0x6007;
	pid_t pid = tracee_start(use_gs);
	struct user_regs_struct regs;

	(void)arg;
	CHECK_EQ(resume(pid, PTRACE_CONT, 0), SIGTRAP);
	regs = get_regs(pid);
	regs.gs_base = (uintptr_t)&target;
	set_regs(pid, regs);
	CHECK_EQ(get_regs(pid).gs_base, (uintptr_t)&target);
	finish(pid, 0);
}
#endif

/* The tracee reads the memory that the tracer has written. */
static volatile long poked = 1;

static void read_poked(void)
{
	CHECK_EQ(poked, 1);
	asm volatile("int3");
	CHECK_EQ(poked, 99);
}

static void poke_data(const void *arg)
{
	pid_t pid = tracee_start(read_poked);

	(void)arg;
	CHECK_EQ(resume(pid, PTRACE_CONT, 0), SIGTRAP);
	CHECK_EQ(ptrace(PTRACE_POKEDATA, pid, &poked, 99L), 0);
	CHECK_EQ(ptrace(PTRACE_PEEKDATA, pid, &poked, NULL), 99L);
	finish(pid, 0);
}

/* The tracer sees signals first: it keeps one and passes another. */
static volatile int signals_seen;

static void on_signal(int signo)
{
	signals_seen += signo == SIGUSR1 ? 1 : 100;
}

static void raise_two(void)
{
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	raise(SIGUSR1);
	raise(SIGUSR2);
	CHECK_EQ(signals_seen, 100);
}

static void signal_stops(const void *arg)
{
	pid_t pid = tracee_start(raise_two);

	(void)arg;
	CHECK_EQ(resume(pid, PTRACE_CONT, 0), SIGUSR1);
	CHECK_EQ(resume(pid, PTRACE_CONT, 0), SIGUSR2);
	finish(pid, SIGUSR2);
}

/* fork and exec events; the child of a tracee in a context has one, too. */
static void fork_and_exec(void)
{
	pid_t pid = fork();

	if (!pid) {
		execl("/proc/self/exe", "ptrace", "--nothing", NULL);
		_exit(99);
	}
	CHECK_EQ(wait_exit(pid), 0);
}

static void events(const void *arg)
{
	pid_t pid = tracee_start(fork_and_exec), child;
	unsigned long message = 0;
	int status;

	(void)arg;
	CHECK_EQ(ptrace(PTRACE_SETOPTIONS, pid, NULL,
			PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC), 0);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, NULL, 0L), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status >> 8, SIGTRAP | PTRACE_EVENT_FORK << 8);
	CHECK_EQ(ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message), 0);
	child = message;
	CHECK_EQ(waitpid(child, &status, __WALL), child);
	CHECK_EQ(ptrace(PTRACE_CONT, child, NULL, 0L), 0);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, NULL, 0L), 0);
	CHECK_EQ(waitpid(child, &status, __WALL), child);
	CHECK_EQ(status >> 8, SIGTRAP | PTRACE_EVENT_EXEC << 8);
	CHECK_EQ(ptrace(PTRACE_DETACH, child, NULL, 0L), 0);
	/* The parent stops once more, for SIGCHLD. */
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (WIFSTOPPED(status)) {
		CHECK_EQ(WSTOPSIG(status), SIGCHLD);
		finish(pid, SIGCHLD);
	}
}

#define TRACE(fn)							\
	{ #fn, fn, NULL, T_TWIN | T_SELF },				\
	{ #fn "_both", fn, NULL, T_TWIN }

static const struct test tests[] = {
	TRACE(breakpoint),
	TRACE(single_step),
	TRACE(block_step),
	TRACE(watchpoint),
	TRACE(hardware_breakpoint),
	{ "breakpoint_reason", breakpoint_reason, NULL, T_TWIN | T_SELF },
	TRACE(syscall_trace),
	TRACE(syscall_change),
	TRACE(sysemu),
	TRACE(hot_loop),
	TRACE(wild_rip),
	{ "attach_thread", attach_thread, NULL, T_TWIN | T_SELF },
	TRACE(fp_registers),
#ifdef __x86_64__
	TRACE(segment_base),
#endif
	TRACE(poke_data),
	TRACE(signal_stops),
	{ "events", events, NULL, T_TWIN | T_SELF },
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--nothing"))
		return 0;
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
