// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctx-noise - measure what interrupts a thread that computes.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vctx.h>

#include "common/cpulist.h"
#include "common/duration.h"
#include "common/say.h"
#include "noise.h"
#include "plot.h"
#include "spin.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define EXIT_OURS	125	/* as vctx-exec has it */
#define MAX_CPUS	8192	/* CONFIG_NR_CPUS of x86 at most */
#define GAPS		(1 << 20)
#define DEFAULT_FIFO	50
#define LOOPS		8	/* of the loop's gaps are an interruption */
/* Before a measurement: caches, branches, and the tick that starts a hold. */
#define WARM_UP_NS	20000000

static const struct mode {
	const char *name;
	uint64_t flags;		/* of a context, 0 is none */
} modes[] = {
	{ "native", 0 },
	{ "context", VCTX_STRICT },
	{ "tickless", VCTX_STRICT | VCTX_TICKLESS },
};

struct options {
	const struct mode *mode;
	bool compare;
	bool json;
	const char *json_path;	/* NULL: standard output */
	const char *plot_path;
	const char *label;	/* NULL: as the mode */
	uint64_t duration_ns;
	uint64_t threshold_ns;	/* 0: to be calibrated */
	uint64_t bound_ns;
	unsigned int fifo;
	int cpu;		/* -1: the last one allowed */
};

/* ---- one measurement, in a process of its own ---- */

/*
 * A process, so that the context, the CPU and the priority end with it, and
 * what the other one does with its memory does not interrupt it.
 */
struct measurement {
	const struct options *options;
	const struct mode *mode;
	uint64_t ticks, warm_up;
	char reason[256];	/* why there is none */
	struct vctx_stats stats;
	struct gaps gaps;	/* last: it has an array at its end */
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
	return m->mode->flags ? vctx_stats(&m->stats) : 0;
}

static bool prepare(struct measurement *m)
{
	const struct options *opt = m->options;
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
	/* No page is to be touched first, or to go away, in the loop. */
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

	attr.flags = m->mode->flags;
	if (attr.flags & VCTX_TICKLESS)
		attr.tick_bound_ns = m->options->bound_ns;
	ran = vctx_run_attr(&attr, measure, m, &result);
	if (ran == 1 && !result)
		return;
	if (ran == 1)
		give_up(m, "no statistics: %s", vctx_strerror(result));
	else if (attr.flags & VCTX_TICKLESS &&
		 vctx_tick_available(attr.tick_bound_ns, &reason))
		give_up(m, "%s", reason);
	else if (vctx_available(&reason))
		give_up(m, "%s", reason);
	else
		give_up(m, "%s", vctx_strerror(ran));
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
	size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
	cpu_set_t *set = CPU_ALLOC(MAX_CPUS);
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

/* Measure in @mode; false if the process itself came to grief. */
static bool run_mode(const struct options *opt, const struct mode *mode,
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

static bool measure_mode(const struct options *opt, const struct mode *mode,
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

static int last_cpu(void)
{
	size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
	cpu_set_t *set = CPU_ALLOC(MAX_CPUS);
	int cpu = MAX_CPUS - 1;

	if (!set || sched_getaffinity(0, size, set))
		cpu = -1;
	while (cpu >= 0 && !CPU_ISSET_S(cpu, size, set))
		cpu--;
	CPU_FREE(set);
	return cpu;
}

/* All that was asked for, appended to @noises. */
static bool measure_all(struct options *opt, struct noise **noises, size_t *count)
{
	const struct mode *first = opt->compare ? modes : opt->mode;
	size_t number = opt->compare ? ARRAY_SIZE(modes) : 1;
	double hz, loop_ns;
	bool progress;
	size_t i;

	if (vctx_in_context()) {
		say("cannot measure: this is a context already; run it without vctx-exec");
		return false;
	}
	if (opt->cpu < 0)
		opt->cpu = last_cpu();
	*noises = calloc(number, sizeof(**noises));
	hz = spin_tsc_hz();
	loop_ns = spin_loop() * 1e9 / hz;
	if (!*noises || !loop_ns || opt->cpu < 0) {
		say("cannot measure: %s", strerror(errno));
		return false;
	}
	/* On its only CPU, the one who waits is not to interrupt. */
	progress = stand_aside(opt->cpu) && isatty(STDERR_FILENO);

	for (i = 0; i < number; i++) {
		struct noise *noise = &(*noises)[i];

		noise->tsc_hz = hz;
		noise->loop_ns = loop_ns;
		noise->threshold_ns = opt->threshold_ns ? opt->threshold_ns :
				      LOOPS * loop_ns;
		if (!measure_mode(opt, &first[i], noise, progress))
			return false;
		/* In a comparison the others are worth having all the same. */
		if (noise->reason && (!opt->compare || !first[i].flags)) {
			say("cannot measure (%s): %s", first[i].name,
			    noise->reason);
			return false;
		}
	}
	*count = number;
	return true;
}

/* ---- command line ---- */

static void print_help(void)
{
	puts("Usage: vctx-noise [OPTION]...\n"
	     "Measure what interrupts a thread that spins on a CPU: how often, how long.\n"
	     "\n"
	     "  -m, --mode MODE        native, which is the default; context: in a context;\n"
	     "                         tickless: in a context that holds the scheduler tick\n"
	     "  -C, --compare          all three in turn\n"
	     "  -d, --duration TIME    of each measurement, for example 500ms; 10s if not given\n"
	     "  -c, --cpu N            on this CPU; the last one allowed if not given\n"
	     "  -b, --bound MAX        hold the tick for MAX at a time at most: 250ms, 10s,\n"
	     "                         unlimited; 1s if not given\n"
	     "  -f, --fifo[=PRIORITY]  under SCHED_FIFO; priority 50 if not given\n"
	     "  -t, --threshold TIME   what lasts longer is an interruption, for example 1us;\n"
	     "                         8 times the median of the loop if not given\n"
	     "  -l, --label TEXT       name of the measurement, in place of its mode\n"
	     "      --from FILE        do not measure, show what --json has written to FILE;\n"
	     "                         may be given several times\n"
	     "      --json[=FILE]      write JSON to standard output, in place of the table, or\n"
	     "                         to FILE\n"
	     "      --plot FILE        draw a picture; FILE ends in .png or .svg\n"
	     "  -h, --help             print this and exit\n"
	     "  -V, --version          print the version and exit\n"
	     "\n"
	     "Exit status: 0, or 125 if it cannot be measured or drawn.  With --compare, what\n"
	     "cannot be had is a row that says why.");
}

static const struct mode *find_mode(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(name, modes[i].name))
			return &modes[i];
	return NULL;
}

static bool parse_number(const char *text, long least, long most, long *value)
{
	char *end;

	errno = 0;
	*value = strtol(text, &end, 10);
	return *text && !*end && !errno && *value >= least && *value <= most;
}

static bool parse_option(int c, const char *arg, struct options *opt)
{
	long number = DEFAULT_FIFO;

	switch (c) {
	case 'm':
		opt->mode = find_mode(arg);
		if (opt->mode)
			return true;
		say("there is no mode '%s'; it is native, context or tickless", arg);
		return false;
	case 'd':
		if (duration_parse(arg, 1000000000, &opt->duration_ns) &&
		    opt->duration_ns >= 1000000)
			return true;
		say("cannot measure for '%s': that is not " DURATION_EXAMPLES
		    ", or below 1ms", arg);
		return false;
	case 't':
		if (duration_parse(arg, 1, &opt->threshold_ns))
			return true;
		say("cannot use the threshold '%s': that is not "
		    DURATION_EXAMPLES, arg);
		return false;
	case 'b':
		if (duration_parse_bound(arg, &opt->bound_ns))
			return true;
		say("cannot hold the tick for '%s': that is not "
		    DURATION_EXAMPLES ", and not 'unlimited'", arg);
		return false;
	case 'c':
		if (parse_number(arg, 0, MAX_CPUS - 1, &number)) {
			opt->cpu = number;
			return true;
		}
		say("cannot run on CPU '%s': that is not the number of one", arg);
		return false;
	case 'f':
		if (!arg || parse_number(arg, 1, 99, &number)) {
			opt->fifo = number;
			return true;
		}
		say("cannot use the priority '%s': that is not a number from 1 to 99",
		    arg);
		return false;
	}
	return false;
}

static const char short_options[] = "m:Cd:c:b:f::t:l:hV";

static const struct option long_options[] = {
	{ "mode",	required_argument,	NULL, 'm' },
	{ "compare",	no_argument,		NULL, 'C' },
	{ "duration",	required_argument,	NULL, 'd' },
	{ "cpu",	required_argument,	NULL, 'c' },
	{ "bound",	required_argument,	NULL, 'b' },
	{ "fifo",	optional_argument,	NULL, 'f' },
	{ "threshold",	required_argument,	NULL, 't' },
	{ "label",	required_argument,	NULL, 'l' },
	{ "from",	required_argument,	NULL, 'F' },
	{ "json",	optional_argument,	NULL, 'J' },
	{ "plot",	required_argument,	NULL, 'P' },
	{ "help",	no_argument,		NULL, 'h' },
	{ "version",	no_argument,		NULL, 'V' },
	{ }
};

static bool read_file(const char *path, struct noise **noises, size_t *count)
{
	const char *why = noise_read(path, noises, count);

	if (why)
		say("cannot read a measurement from '%s': %s", path, why);
	return !why;
}

static bool parse(int argc, char **argv, struct options *opt,
		  struct noise **noises, size_t *count)
{
	int c;

	while ((c = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		switch (c) {
		case 'C':
			opt->compare = true;
			break;
		case 'l':
			opt->label = optarg;
			break;
		case 'F':
			if (!read_file(optarg, noises, count))
				return false;
			break;
		case 'J':
			opt->json = true;
			opt->json_path = optarg;
			break;
		case 'P':
			opt->plot_path = optarg;
			break;
		case 'h':
			print_help();
			exit(fflush(stdout) ? EXIT_OURS : 0);
		case 'V':
			puts("vctx-noise " VCTX_VERSION);
			exit(fflush(stdout) ? EXIT_OURS : 0);
		case '?':
			fputs("Try 'vctx-noise --help'.\n", stderr);
			return false;
		default:
			if (!parse_option(c, optarg, opt))
				return false;
		}
	}
	if (optind < argc) {
		say("'%s' is no option; try 'vctx-noise --help'", argv[optind]);
		return false;
	}
	if (opt->compare && opt->label) {
		say("--label names one measurement, --compare makes three");
		return false;
	}
	return true;
}

static bool report(const struct options *opt, FILE *json,
		   const struct noise *noises, size_t count)
{
	const char *why;
	int err = 0;

	if (json)
		err = noise_write(json, noises, count);
	if (err) {
		say("cannot write the JSON to %s: %s",
		    opt->json_path ? opt->json_path : "standard output",
		    strerror(-err));
		return false;
	}
	if (json != stdout)
		noise_print(stdout, noises, count);
	if (fflush(stdout) || ferror(stdout)) {
		say("cannot write to standard output: %s", strerror(errno));
		return false;
	}
	if (!opt->plot_path)
		return true;
	why = plot_draw(opt->plot_path, noises, count);
	if (why)
		say("cannot draw '%s': %s", opt->plot_path, why);
	return !why;
}

int main(int argc, char **argv)
{
	struct options opt = {
		.mode = &modes[0],
		.duration_ns = UINT64_C(10000000000),
		.cpu = -1,
	};
	struct noise *noises = NULL;
	size_t count = 0;
	FILE *json = NULL;

	if (!parse(argc, argv, &opt, &noises, &count))
		return EXIT_OURS;
	/* What is wrong is to be known before a long measurement. */
	if (opt.json)
		json = opt.json_path ? fopen(opt.json_path, "we") : stdout;
	if (opt.json && !json) {
		say("cannot write the JSON to '%s': %s", opt.json_path,
		    strerror(errno));
		return EXIT_OURS;
	}
	if (opt.plot_path) {
		const char *why = plot_check(opt.plot_path);

		if (why) {
			say("cannot draw '%s': %s", opt.plot_path, why);
			return EXIT_OURS;
		}
	}
	if (!count && !measure_all(&opt, &noises, &count))
		return EXIT_OURS;
	return report(&opt, json, noises, count) ? 0 : EXIT_OURS;
}
