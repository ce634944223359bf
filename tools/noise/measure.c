// SPDX-License-Identifier: GPL-2.0-only
/*
 * One measurement after the other, each in a process of its own.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vctx.h>

#include "common/array.h"
#include "common/cpulist.h"
#include "common/say.h"
#include "common/tsc.h"
#include "measure.h"
#include "spin.h"

#define GAPS		(1 << 20)
#define LOOPS		8	/* A gap of so many loops is an interruption. */
/* Before a measurement: caches, branches, and the tick that starts a hold. */
#define WARM_UP_NS	20000000

const struct measure_mode measure_modes[] = {
	{ "native", 0 },
	{ "context", VCTX_STRICT },
	{ "tickless", VCTX_STRICT | VCTX_TICKLESS },
	{ }
};

/* ---- one measurement ---- */

/*
 * It has a process of its own, so that the context, the CPU and the priority end
 * with it, and so that changes of the other process's memory do not interrupt it.
 */
struct measurement {
	const struct measure_options *options;
	const struct measure_mode *mode;
	uint64_t ticks, warm_up;
	char reason[256];	/* why it could not be made, or empty */
	struct vctx_stats stats;
	struct gaps gaps;	/* last, as it ends with an array */
};

#define MEASUREMENT_BYTES \
	(sizeof(struct measurement) + GAPS * sizeof(struct gap))

#define give_up(m, format, ...) \
	snprintf((m)->reason, sizeof((m)->reason), format, ##__VA_ARGS__)

static long measure(void *arg)
{
	struct measurement *m = arg;

	spin(&m->gaps, m->warm_up);
	spin(&m->gaps, m->ticks);
	return m->mode->flags ? vctx_stats(&m->stats, sizeof(m->stats)) : 0;
}

static bool prepare(struct measurement *m)
{
	const struct measure_options *opt = m->options;
	struct sched_param param = { .sched_priority = opt->fifo };
	char cpu[16];
	const char *why;

	snprintf(cpu, sizeof(cpu), "%d", opt->cpu);
	why = cpulist_pin(cpu);
	if (why) {
		give_up(m, "cannot run on CPU %d: %s", opt->cpu, why);
		return false;
	}
	if (opt->fifo && sched_setscheduler(0, SCHED_FIFO, &param)) {
		give_up(m, "cannot use SCHED_FIFO: %s; run as root or ask for CAP_SYS_NICE",
			strerror(errno));
		return false;
	}
	/* In the loop, no page must be touched for the first time or be swapped out. */
	memset(m->gaps.gap, 0, m->gaps.capacity * sizeof(struct gap));
	mlockall(MCL_CURRENT);
	return true;
}

static void measure_in_context(struct measurement *m)
{
	struct vctx_attr attr = VCTX_ATTR_INIT;
	const char *reason;
	long result = 0;
	int ran;

	/* What is measured is the guest. */
	attr.flags = m->mode->flags | VCTX_EAGER;
	if (attr.flags & VCTX_TICKLESS)
		attr.tick_bound_ns = m->options->bound_ns;
	ran = vctx_run_attr(&attr, measure, m, &result);
	vctx_why(NULL, &reason);
	if (ran == 1 && !result)
		return;
	if (ran == 1)
		give_up(m, "no statistics: %s", vctx_strerror(result));
	else
		give_up(m, "%s", reason);
}

static void __attribute__((noreturn)) run_child(struct measurement *m)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (prepare(m)) {
		if (m->mode->flags)
			measure_in_context(m);
		else
			measure(m);
	}
	_exit(0);
}

/* ---- waiting for it ---- */

/* Let this process run on other CPUs; false if there is none. */
static bool stand_aside(int cpu)
{
	size_t size = CPU_ALLOC_SIZE(CPULIST_MAX);
	cpu_set_t *set = CPU_ALLOC(CPULIST_MAX);
	bool aside = false;

	if (set && !sched_getaffinity(0, size, set)) {
		CPU_CLR_S(cpu, size, set);
		aside = CPU_COUNT_S(size, set) &&
			!sched_setaffinity(0, size, set);
	}
	CPU_FREE(set);
	return aside;
}

static void wait_with_progress(const struct measurement *m)
{
	const struct timespec interval = { .tv_nsec = 250000000 };
	double seconds = m->options->duration_ns / 1e9;
	unsigned int rounds = 0;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	do {
		double passed = rounds++ * interval.tv_nsec / 1e9;

		fprintf(stderr, "\r\033[K%s: %s, %.0f of %.4g s",
			program_invocation_short_name, m->mode->name,
			passed < seconds ? passed : seconds, seconds);
	} while (sigtimedwait(&set, NULL, &interval) < 0);
	fputs("\r\033[K", stderr);
}

/* Measure in @mode; false if the process itself failed, which has been reported. */
static bool run_mode(const struct measure_options *opt, const struct measure_mode *mode,
		     struct measurement *m, bool progress)
{
	sigset_t set, old;
	int status;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	pid = fork();
	if (!pid) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		run_child(m);
	}
	if (pid > 0 && progress)
		wait_with_progress(m);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid < 0) {
		say("cannot create a process: %s", strerror(errno));
		return false;
	}
	if (!status)
		return true;
	if (WIFSIGNALED(status))
		say("cannot measure (%s) on CPU %d: killed by signal %d (%s)",
		    mode->name, opt->cpu, WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		say("cannot measure (%s) on CPU %d: exit status %d",
		    mode->name, opt->cpu, WEXITSTATUS(status));
	return false;
}

static bool measure_mode(const struct measure_options *opt, const struct measure_mode *mode,
			 struct noise *noise, bool progress)
{
	struct measurement *m = mmap(NULL, MEASUREMENT_BYTES,
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED) {
		say("no memory for the measurement: %s", strerror(errno));
		return false;
	}
	m->options = opt;
	m->mode = mode;
	m->ticks = opt->duration_ns * (noise->tsc_hz / 1e9);
	m->warm_up = WARM_UP_NS * (noise->tsc_hz / 1e9);
	m->gaps.capacity = GAPS;
	m->gaps.threshold = noise->threshold_ns * (noise->tsc_hz / 1e9);

	if (!run_mode(opt, mode, m, progress)) {
		munmap(m, MEASUREMENT_BYTES);
		return false;
	}
	noise->label = strdup(opt->label ? opt->label : mode->name);
	noise->mode = strdup(mode->name);
	noise->cpu = opt->cpu;
	noise->fifo = opt->fifo;
	if (*m->reason) {
		noise->reason = strdup(m->reason);
	} else {
		noise->stats = m->stats;
		noise_sum(noise, &m->gaps);
	}
	munmap(m, MEASUREMENT_BYTES);
	return true;
}

/* ---- all of them ---- */

static int last_cpu(void)
{
	size_t size = CPU_ALLOC_SIZE(CPULIST_MAX);
	cpu_set_t *set = CPU_ALLOC(CPULIST_MAX);
	int cpu = CPULIST_MAX - 1;

	if (!set || sched_getaffinity(0, size, set))
		cpu = -1;
	while (cpu >= 0 && !CPU_ISSET_S(cpu, size, set))
		cpu--;
	CPU_FREE(set);
	return cpu;
}

bool measure_all(struct measure_options *opt, struct noise **noises,
		 size_t *count)
{
	const struct measure_mode *first = opt->compare ? measure_modes :
							  opt->mode;
	size_t number = opt->compare ? ARRAY_SIZE(measure_modes) - 1 : 1;
	double hz, loop_ns;
	bool progress;
	size_t i;

	if (vctx_in_context()) {
		say("cannot measure: the calling thread has a context already; run vctx-noise without vctx-exec");
		return false;
	}
	if (opt->cpu < 0)
		opt->cpu = last_cpu();
	*noises = calloc(number, sizeof(**noises));
	hz = tsc_hz();
	loop_ns = spin_loop() * 1e9 / hz;
	if (!*noises || !loop_ns || opt->cpu < 0) {
		say("cannot measure: %s", strerror(errno));
		return false;
	}
	/* A process that waits on the same CPU must not interrupt. */
	progress = stand_aside(opt->cpu) && isatty(STDERR_FILENO);

	for (i = 0; i < number; i++) {
		struct noise *noise = &(*noises)[i];

		noise->tsc_hz = hz;
		noise->loop_ns = loop_ns;
		noise->threshold_ns = opt->threshold_ns ? opt->threshold_ns :
				      LOOPS * loop_ns;
		if (!measure_mode(opt, &first[i], noise, progress))
			return false;
		/* A comparison goes on with the modes that can be measured. */
		if (noise->reason && (!opt->compare || !first[i].flags)) {
			say("cannot measure (%s): %s", first[i].name,
			    noise->reason);
			return false;
		}
	}
	*count = number;
	return true;
}
