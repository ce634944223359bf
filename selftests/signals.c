// SPDX-License-Identifier: GPL-2.0-only
/* Signals: what handlers see and change; stacks, nesting, jumps, hot loops. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "regs.h"
#include "vctx_selftest.h"

static void handle(int signo, void (*handler)(int, siginfo_t *, void *),
		   int flags)
{
	struct sigaction action = {
		.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags,
	};

	sigemptyset(&action.sa_mask);
	CHECK_EQ(sigaction(signo, &action, NULL), 0);
}

/* A handler changes every register; sigreturn must load them all. */
static uint64_t resume_at;

static void on_modify(int signo, siginfo_t *info, void *context)
{
	greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)signo;
	(void)info;
	for (int reg = REG_FIRST; reg <= REG_LAST; reg++) {
		if (reg == REG_RSP)
			continue;
		note("before", gregs[reg]);
		gregs[reg] = ~gregs[reg];
	}
	note("flags", test_flags(gregs[REG_EFL]));
	gregs[REG_EFL] |= RFLAGS_CF | RFLAGS_DF;
	gregs[REG_RIP] = resume_at;
}

static void modify_context(const void *arg)
{
	struct snippet snippet = snippet_load("\x0f\x0b\x90", 3);
	struct regs regs = regs_pattern(11);

	(void)arg;
	resume_at = (uintptr_t)snippet.ret;
	handle(SIGILL, on_modify, 0);
	regs_call(&regs, snippet.start);
	regs_note("regs", &regs);
	CHECK_EQ(regs.rbp, ~regs_pattern(11).rbp);
	CHECK_EQ(regs.rflags & RFLAGS_DF, RFLAGS_DF);
}

/* The bit of the flags that the handler turns over. */
static uint64_t flag_to_turn;

static void on_turn(int signo, siginfo_t *info, void *context)
{
	greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)info;
	note("signo", signo);
	note("rip", gregs[REG_RIP] - resume_at);
	note("flags", test_flags(gregs[REG_EFL]));
	/* The handler of the single step that TF causes turns TF back. */
	gregs[REG_EFL] ^= signo == SIGTRAP ? RFLAGS_TF : flag_to_turn;
	if (signo == SIGILL)
		gregs[REG_RIP] = resume_at;
}

static void modify_flags(const void *arg)
{
	struct snippet snippet = snippet_load("\x0f\x0b\x90\x90", 4);

	(void)arg;
	resume_at = (uintptr_t)snippet.start + 2;
	handle(SIGILL, on_turn, 0);
	handle(SIGTRAP, on_turn, 0);
	for (int bit = 0; bit < (int)sizeof(long) * 8; bit++) {
		struct regs regs = regs_pattern(bit);

		flag_to_turn = 1UL << bit;
		regs_call(&regs, snippet.start);
		note("bit", bit);
		note("flags", regs.rflags);
	}
}

/* sigreturn goes to where no code can be, and the next signal says so. */
static uintptr_t wild_rip;

static void on_wild(int signo, siginfo_t *info, void *context)
{
	greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;

	note("signo", signo);
	note("code", info->si_code);
	note("addr", (uintptr_t)info->si_addr);
	for (int reg = 0; reg < REG_END; reg++)
		note("reg", gregs[reg]);
	gregs[REG_RIP] = signo == SIGILL ? wild_rip : resume_at;
}

static void modify_rip(const void *arg)
{
	static const uint64_t wild[] = {
		0, 0x800000000000, 0x7ffffffff000, 0xffff800000000000,
		0xffffffff81000000, 0xffffffffff600000, ~0ULL,
	};
	struct snippet snippet = snippet_load("\x0f\x0b", 2);

	(void)arg;
	resume_at = (uintptr_t)snippet.ret;
	handle(SIGILL, on_wild, 0);
	handle(SIGSEGV, on_wild, 0);
	handle(SIGBUS, on_wild, 0);
	for (size_t i = 0; i < ARRAY_SIZE(wild); i++) {
		struct regs regs = regs_pattern(i);

		wild_rip = wild[i];
		note(NOTE_HEAD "rip", wild_rip);
		regs_call(&regs, snippet.start);
		regs_note("regs", &regs);
	}
}

/* The siginfo of a queued signal. */
static siginfo_t queued;

static void on_queued(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	queued = *info;
}

static void queue(const void *arg)
{
	(void)arg;
	handle(SIGRTMIN, on_queued, 0);
	CHECK_EQ(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 77 }),
		 0);
	CHECK_EQ(queued.si_signo, SIGRTMIN);
	CHECK_EQ(queued.si_code, SI_QUEUE);
	CHECK_EQ(queued.si_value.sival_int, 77);
	CHECK_EQ(queued.si_pid, getpid());
}

/* Alternate stack */

static char alternate[64 * 1024];
static volatile uintptr_t handler_stack;

static void on_stack(int signo, siginfo_t *info, void *context)
{
	stack_t stack;

	(void)signo;
	(void)info;
	(void)context;
	handler_stack = (uintptr_t)&stack;
	CHECK_EQ(sigaltstack(NULL, &stack), 0);
	CHECK_EQ(stack.ss_flags, SS_ONSTACK);
}

static void alternate_stack(const void *arg)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) };

	(void)arg;
	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	handle(SIGUSR1, on_stack, SA_ONSTACK);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_GE(handler_stack, (uintptr_t)alternate);
	CHECK_LE(handler_stack, (uintptr_t)alternate + sizeof(alternate));
	CHECK_EQ(sigaltstack(NULL, &stack), 0);
	CHECK_EQ(stack.ss_flags, 0);
}

/* Nesting: each handler raises the next signal, all return in order. */

#define NEST_DEPTH	10

static volatile int depth, deepest, unwound;

static void on_nested(int signo, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (depth < NEST_DEPTH)
		raise(signo + 1);
	CHECK_EQ(depth, NEST_DEPTH - unwound);
	unwound++;
	depth--;
}

static void nested(const void *arg)
{
	(void)arg;
	for (int i = 0; i < NEST_DEPTH; i++)
		handle(SIGRTMIN + i, on_nested, 0);
	raise(SIGRTMIN);
	CHECK_EQ(deepest, NEST_DEPTH);
	CHECK_EQ(unwound, NEST_DEPTH);
	CHECK_EQ(depth, 0);
}

/* The handler of a fault faults itself. */
static void on_fault_again(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)info;
	note("signo", signo);
	if (signo == SIGILL)
		asm volatile("int3");
	if (signo == SIGTRAP)
		asm volatile("hlt");
	if (signo == SIGSEGV)
		uc->uc_mcontext.gregs[REG_RIP]++;
	else if (signo == SIGILL)
		uc->uc_mcontext.gregs[REG_RIP] += 2;
}

static void nested_faults(const void *arg)
{
	(void)arg;
	handle(SIGILL, on_fault_again, 0);
	handle(SIGTRAP, on_fault_again, 0);
	handle(SIGSEGV, on_fault_again, 0);
	for (int i = 0; i < 5; i++)
		asm volatile("ud2");
}

/* siglongjmp() leaves a handler, many times. */

static sigjmp_buf jump;

static void on_jump(int signo, siginfo_t *info, void *context)
{
	(void)context;
	note("addr", (uintptr_t)info->si_addr);
	siglongjmp(jump, signo);
}

static void jumps(const void *arg)
{
	volatile int count = 0;
	sigset_t mask;

	(void)arg;
	handle(SIGSEGV, on_jump, 0);
	if (sigsetjmp(jump, 1) == SIGSEGV)
		count++;
	if (count < 100)
		*(volatile char *)(uintptr_t)(count * 16) = 1;
	CHECK_EQ(count, 100);
	CHECK_EQ(sigprocmask(SIG_SETMASK, NULL, &mask), 0);
	CHECK(!sigismember(&mask, SIGSEGV));
}

/* Blocked signals wait; SA_NODEFER and SA_RESETHAND. */

static volatile int delivered;

static void on_count(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)info;
	(void)context;
	delivered++;
}

static void masks(const void *arg)
{
	sigset_t set, old;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	handle(SIGUSR1, on_count, SA_RESETHAND);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, &old), 0);
	raise(SIGUSR1);
	CHECK_EQ(delivered, 0);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
	CHECK_EQ(delivered, 1);
	CHECK_EQ(signal(SIGUSR1, SIG_IGN), SIG_DFL);
	raise(SIGUSR1);
	CHECK_EQ(delivered, 1);
}

static void default_action(const void *arg)
{
	(void)arg;
	raise(SIGTERM);
}

/* Without room for a frame, SIGSEGV cannot be delivered and kills. */
static void no_room_for_frame(const void *arg)
{
	static const char code[] = "\x48\x31\xe4\x0f\x0b";	/* rsp = 0; ud2 */
	struct snippet snippet = snippet_load(code, sizeof(code) - 1);
	struct regs regs = regs_pattern(1);

	(void)arg;
	handle(SIGILL, on_count, 0);
	regs_call(&regs, snippet.start);
}

/*
 * A loop that makes no system call: the signal comes in between, and the loop
 * must not notice.
 */
static volatile int stop_loop;

static void hot_loop(void)
{
	unsigned long sum = 0x5eed, rounds = 0, check = 0x5eed;

	asm volatile("1:\timul $33, %0\n\t"
		     "add $7, %0\n\t"
		     "inc %1\n\t"
		     "cmpl $0, %2\n\t"
		     "je 1b"
		     : "+a"(sum), "+c"(rounds)
		     : "m"(stop_loop) : "memory", "cc");
	for (unsigned long i = 0; i < rounds; i++)
		check = check * 33 + 7;
	CHECK_EQ(sum, check);
}

#define HOT_SIGNALS	20

static void on_hot(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)info;
	(void)context;
	if (++delivered == HOT_SIGNALS)
		stop_loop = 1;
}

static void hot_loop_timer(const void *arg)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN,
	};
	struct itimerspec often = { { 0, NSEC_PER_MSEC }, { 0, NSEC_PER_MSEC } };
	timer_t timer;

	(void)arg;
	handle(SIGRTMIN, on_hot, 0);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &often, NULL), 0);
	hot_loop();
	CHECK_EQ(timer_delete(timer), 0);
	CHECK_GE(delivered, HOT_SIGNALS);
}

static void *kill_main(void *arg)
{
	pid_t tid = *(pid_t *)arg;

	for (int seen = 0; !stop_loop; ) {
		if (delivered < seen) {
			sched_yield();
			continue;
		}
		CHECK_EQ(syscall(SYS_tgkill, getpid(), tid, SIGRTMIN), 0);
		seen++;
	}
	return NULL;
}

static void hot_loop_kill(const void *arg)
{
	pid_t tid = gettid();
	pthread_t thread;

	(void)arg;
	handle(SIGRTMIN, on_hot, 0);
	REQUIRE(!pthread_create(&thread, NULL, kill_main, &tid));
	hot_loop();
	pthread_join(thread, NULL);
	CHECK_GE(delivered, HOT_SIGNALS);
}

/* Timers that count the time of the process itself. */
static void hot_loop_cpu_timer(const void *arg)
{
	static const int signals[] = {
		[ITIMER_VIRTUAL] = SIGVTALRM, [ITIMER_PROF] = SIGPROF,
	};
	int which = *(const int *)arg;
	struct itimerval often = { { 0, 4000 }, { 0, 4000 } };

	handle(signals[which], on_hot, 0);
	delivered = HOT_SIGNALS - 5;
	CHECK_EQ(setitimer(which, &often, NULL), 0);
	hot_loop();
}

/* SIGKILL ends a hot loop. */
static void hot_loop_killed(const void *arg)
{
	pid_t pid = fork();

	(void)arg;
	if (!pid)
		hot_loop();
	usleep(5000);
	hog_stop(pid);
}

static const struct test tests[] = {
	{ "modify_context", modify_context, NULL, T_TWIN },
	{ "modify_flags", modify_flags, NULL, T_TWIN },
	{ "modify_rip", modify_rip, NULL, T_TWIN },
	{ "queue", queue, NULL, 0 },
	{ "alternate_stack", alternate_stack, NULL, 0 },
	{ "nested", nested, NULL, 0 },
	{ "nested_faults", nested_faults, NULL, T_TWIN },
	{ "jumps", jumps, NULL, T_TWIN },
	{ "masks", masks, NULL, 0 },
	{ "default_action", default_action, NULL, T_TWIN | T_DIES },
	{ "no_room_for_frame", no_room_for_frame, NULL, T_TWIN | T_DIES },
	{ "hot_loop_timer", hot_loop_timer, NULL, 0 },
	{ "hot_loop_kill", hot_loop_kill, NULL, 0 },
	{ "hot_loop_itimer_virtual", hot_loop_cpu_timer,
	  &(const int){ ITIMER_VIRTUAL }, 0 },
	{ "hot_loop_itimer_prof", hot_loop_cpu_timer,
	  &(const int){ ITIMER_PROF }, 0 },
	{ "hot_loop_killed", hot_loop_killed, NULL, 0 },
};

TEST_MAIN(tests)
