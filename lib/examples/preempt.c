// SPDX-License-Identifier: MIT
/*
 * A scheduler in user mode: tasks of one thread compute and never yield, and a timer
 * preempts them.  The timer rings the thread's bell; with --native it is a POSIX timer
 * with a signal, which is what one would use without vcontext.
 *
 * The handler does not switch tasks itself, for it runs on the stack of the bell.  It has
 * the interrupted task call the scheduler: it pushes the interrupted address on the task's
 * own stack, as a call would, and changes where the task goes on.
 *
 * cc -O2 preempt.c $(pkg-config --cflags --libs libvcontext) -o preempt
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <vctx.h>

#define MAX_TASKS	64
#define STACK		(64 * 1024)
#define RED_ZONE	128

/*
 * preempted() saves all that a task may have in registers, without AVX, calls yield(), and
 * goes on where the task was interrupted: that address is on the stack, and the red zone
 * above it is skipped.  switch_stack() keeps what a function must keep, and goes on where
 * the other stack was left.
 */
void preempted(void);
void switch_stack(void **from, void *to);
asm(
	"preempted:\n"
	"	pushfq\n"
	"	cld\n"
	"	push %rax; push %rbx; push %rcx; push %rdx; push %rbp; push %rsi; push %rdi\n"
	"	push %r8; push %r9; push %r10; push %r11; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rsp, %rbp\n"
	"	sub $512, %rsp\n"
	"	and $-64, %rsp\n"
	"	fxsave64 (%rsp)\n"
	"	call yield\n"
	"	fxrstor64 (%rsp)\n"
	"	mov %rbp, %rsp\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %r11; pop %r10; pop %r9; pop %r8\n"
	"	pop %rdi; pop %rsi; pop %rbp; pop %rdx; pop %rcx; pop %rbx; pop %rax\n"
	"	popfq\n"
	"	ret $128\n"
	"switch_stack:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov %rsi, %rsp\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");

static struct task {
	void *sp;
	uint64_t sum;
	unsigned int slices;
	bool done;
} tasks[MAX_TASKS];

static unsigned int nr_tasks = 4, running;
static uint64_t steps = 3000000;
static uint64_t slice_ns = 50000;
static void *scheduler_sp;
/* The timer finds the scheduler at work, which is not to be preempted. */
static volatile bool scheduling = true;

/* The scheduler goes on; later, the task does. */
__attribute__((used))
void yield(void)
{
	switch_stack(&tasks[running].sp, scheduler_sp);
	scheduling = false;
}

static void compute(void)
{
	struct task *task = &tasks[running];
	uint64_t x = running + 1, sum = 0;

	scheduling = false;
	for (uint64_t i = 0; i < steps; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		sum += x;
	}
	task->sum = sum;
	scheduling = true;
	task->done = true;
	switch_stack(&task->sp, scheduler_sp);
}

/* The task goes on at preempted(), which returns to where it was. */
__attribute__((target("general-regs-only")))
static void preempt(uint64_t *rip, uint64_t *rsp)
{
	uint64_t *stack = (uint64_t *)(*rsp - RED_ZONE);

	if (scheduling)
		return;
	scheduling = true;
	*--stack = *rip;
	*rip = (uintptr_t)preempted;
	*rsp = (uintptr_t)stack;
}

__attribute__((target("general-regs-only")))
static void on_ring(uint64_t rung, struct vctx_bell_frame *where, void *arg)
{
	(void)rung;
	(void)arg;
	preempt((uint64_t *)&where->rip, (uint64_t *)&where->rsp);
}

static void on_signal(int signo, siginfo_t *info, void *context)
{
	greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)signo;
	(void)info;
	preempt((uint64_t *)&gregs[REG_RIP], (uint64_t *)&gregs[REG_RSP]);
}

/* Each of them has its turn, until all are done. */
static void schedule(void)
{
	unsigned int left = nr_tasks;

	for (running = 0; left; running = (running + 1) % nr_tasks) {
		if (tasks[running].done)
			continue;
		tasks[running].slices++;
		switch_stack(&scheduler_sp, tasks[running].sp);
		left -= tasks[running].done;
	}
}

static int make_tasks(void)
{
	for (unsigned int i = 0; i < nr_tasks; i++) {
		void **stack = aligned_alloc(64, STACK);

		if (!stack)
			return -ENOMEM;
		/* switch_stack() pops six registers, and returns to compute(). */
		stack += STACK / sizeof(*stack) - 8;
		memset(stack, 0, 8 * sizeof(*stack));
		stack[6] = (void *)compute;
		tasks[i].sp = stack;
	}
	return 0;
}

static int start_timer(void)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec every = {
		.it_interval.tv_nsec = slice_ns, .it_value.tv_nsec = slice_ns,
	};
	timer_t timer;

	if (sigaction(SIGUSR1, &action, NULL) || timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &every, NULL))
		return -errno;
	return 0;
}

static long with_signals(void *unused)
{
	int err = start_timer();

	(void)unused;
	if (!err)
		schedule();
	/* The timer is never needed again. */
	signal(SIGUSR1, SIG_IGN);
	return err;
}

static long with_bell(void *unused)
{
	int err = vctx_bell_open(on_ring, NULL, 0);

	(void)unused;
	if (!err)
		err = vctx_bell_timer(0, slice_ns, slice_ns, -1);
	if (err)
		return err;
	schedule();
	return vctx_bell_close();
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

static const struct option options[] = {
	{ "native", no_argument, NULL, 'n' },
	{ "tasks", required_argument, NULL, 't' },
	{ "steps", required_argument, NULL, 's' },
	{ "slice", required_argument, NULL, 'u' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static void usage(FILE *to)
{
	fputs("Usage: preempt [--tasks N] [--steps N] [--slice US] [--native]\n"
	      "Let tasks of one thread compute, preempted by a timer in user mode.\n"
	      "\n"
	      "  --tasks N    how many tasks, 64 at most (default: 4)\n"
	      "  --steps N    how much each of them computes (default: 3000000)\n"
	      "  --slice US   after how many microseconds another task has its turn (default: 50)\n"
	      "  --native     no context: a POSIX timer and a signal\n"
	      "  --help       show this\n"
	      "\n"
	      "The results are on standard output, what they took on standard error.\n", to);
}

static uint64_t number(const char *text, const char *what, uint64_t most)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || !value || value > most) {
		fprintf(stderr, "preempt: %s must be from 1 to %" PRIu64 ", not '%s'\n", what, most, text);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	bool native = false;
	const char *reason;
	unsigned int slices = 0;
	uint64_t start;
	long err;
	int option;

	while ((option = getopt_long(argc, argv, "nt:s:u:h", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			native = true;
			break;
		case 't':
			nr_tasks = number(optarg, "--tasks", MAX_TASKS);
			break;
		case 's':
			steps = number(optarg, "--steps", UINT64_MAX / 2);
			break;
		case 'u':
			slice_ns = 1000 * number(optarg, "--slice", 999999);
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return 2;
	}
	err = make_tasks();
	if (err) {
		fprintf(stderr, "preempt: %s\n", vctx_strerror(err));
		return 1;
	}
	start = now_us();
	if (!native && vctx_available(&reason)) {
		fprintf(stderr, "preempt: running natively, with signals: %s\n", reason);
		native = true;
	}
	err = native ? with_signals(NULL) : vctx_run(with_bell, NULL);
	if (err) {
		fprintf(stderr, "preempt: the timer does not start: %s\n", vctx_strerror(err));
		return 1;
	}
	for (unsigned int i = 0; i < nr_tasks; i++) {
		printf("task %u: %016" PRIx64 "\n", i, tasks[i].sum);
		slices += tasks[i].slices;
	}
	fprintf(stderr, "%u slices in %" PRIu64 " ms, %s\n", slices, (now_us() - start) / 1000,
		native ? "by signals" : "by a bell, in a context");
	return 0;
}
