// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctx-exec - run a command, and what it starts, in contexts.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vctx.h>

#include "common/cpulist.h"
#include "common/duration.h"
#include "common/say.h"
#include "report.h"

#define DEVICE		"/dev/vcontext"
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* As env(1) and timeout(1) have it. */
enum {
	EXIT_OURS = 125,	/* vctx-exec itself failed */
	EXIT_CANNOT_RUN = 126,	/* the command was found but cannot be run */
	EXIT_NOT_FOUND = 127,
};

/* The errors of what was asked for: 0, or why it is not so. */
struct outcome {
	int context;
	int tick;
};

struct options {
	bool strict;
	bool inherit;
	bool tickless;
	uint64_t tick_bound_ns;
	bool verbose;
	bool stats;
	const char *stats_path;	/* NULL: standard error */
	const char *cpus;	/* NULL: as they are */
	char **command;
};

/* ---- entering ---- */

/* Whether to stay with the command, and report at its end. */
static bool reports(const struct options *opt)
{
	return opt->stats || opt->verbose;
}

static int try_enter(const struct options *opt, int fd, bool tickless)
{
	struct vctx_enter arg = {
		.size = sizeof(arg),
		.flags = VCTX_ENTER_KEEP_EXEC |
			 (opt->inherit ? VCTX_ENTER_INHERIT : 0) |
			 (opt->strict ? VCTX_ENTER_STRICT : 0) |
			 (tickless ? VCTX_ENTER_TICKLESS : 0),
		.tick_bound_ns = tickless ? opt->tick_bound_ns : 0,
	};

	if (!ioctl(fd, VCTX_IOC_ENTER, &arg))
		return 0;
	if (errno != EALREADY)
		return -errno;
	/*
	 * We are inside another vctx-exec.  Its context serves as well, and
	 * stays in its statistics, unless ours are asked for, or less of it, or
	 * it is to be one that holds the tick.
	 */
	if (opt->inherit && !reports(opt) && !tickless)
		return 0;
	if (ioctl(fd, VCTX_IOC_LEAVE) || ioctl(fd, VCTX_IOC_ENTER, &arg))
		return -errno;
	return 0;
}

/*
 * Give the calling thread a context through @fd, or with the error that @fd is
 * if the device could not be opened.  One that cannot hold the tick is better
 * than none, unless it is to be strict.
 */
static struct outcome enter(const struct options *opt, int fd)
{
	struct outcome outcome = { };
	int err = fd < 0 ? fd : try_enter(opt, fd, opt->tickless);

	if (opt->tickless &&
	    (err == -EPERM || err == -EOPNOTSUPP || err == -E2BIG)) {
		outcome.tick = err;
		if (!opt->strict)
			err = try_enter(opt, fd, false);
	}
	outcome.context = err;
	return outcome;
}

/* Why contexts are unavailable in general, else what this error means. */
static const char *reason_for(int err)
{
	const char *reason;

	return vctx_available(&reason) ? reason : vctx_strerror(err);
}

static const char *tick_reason_for(const struct options *opt, int err)
{
	const char *reason;

	return vctx_tick_available(opt->tick_bound_ns, &reason) ?
	       reason : vctx_strerror(err);
}

/* Become the command, in a context if it can be had. */
static void __attribute__((noreturn))
run_command(const struct options *opt, int fd, struct outcome *outcome)
{
	int err;

	*outcome = enter(opt, fd);
	err = outcome->context;
	if (err && opt->strict) {
		say("cannot run '%s' in a context%s: %s", opt->command[0],
		    outcome->tick ? " that holds the tick" : "",
		    outcome->tick ? tick_reason_for(opt, err) : reason_for(err));
		_exit(EXIT_OURS);
	}
	if (err)
		say("running natively: %s", reason_for(err));
	else if (outcome->tick)
		say("not holding the tick: %s",
		    tick_reason_for(opt, outcome->tick));

	execvp(opt->command[0], opt->command);
	err = errno;
	say("cannot run '%s': %s", opt->command[0], strerror(err));
	_exit(err == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

static void print_plan(const struct options *opt, int fd)
{
	static const char *const backends[] = {
		[VCTX_BACKEND_NONE] = "none",
		[VCTX_BACKEND_VMX] = "vmx",
		[VCTX_BACKEND_SVM] = "svm",
	};
	struct vctx_info info = { .size = sizeof(info) };

	if (fd >= 0 && !ioctl(fd, VCTX_IOC_INFO, &info))
		say("back end %s, ABI version %u",
		    info.backend < ARRAY_SIZE(backends) ?
		    backends[info.backend] : "unknown", info.abi_version);
	say("flags: keep-exec%s%s%s", opt->inherit ? ", inherit" : "",
	    opt->strict ? ", strict" : "", opt->tickless ? ", tickless" : "");
	if (opt->cpus)
		say("CPUs: %s", opt->cpus);
}

/* ---- waiting for the command ---- */

static volatile pid_t child;

static void forward(int sig)
{
	int saved = errno;

	kill(child, sig);
	errno = saved;
}

/*
 * The terminal sends SIGINT and SIGQUIT to the command itself, and we stay to
 * report; SIGTERM and SIGHUP come to us alone, and are passed on.
 */
static const struct {
	int signal;
	void (*handler)(int sig);
} while_waiting[] = {
	{ SIGINT, SIG_IGN },
	{ SIGQUIT, SIG_IGN },
	{ SIGTERM, forward },
	{ SIGHUP, forward },
};

struct signals {
	struct sigaction action[ARRAY_SIZE(while_waiting)];
	struct sigaction chld;
	sigset_t mask;
};

static void block_signals(struct signals *old)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < ARRAY_SIZE(while_waiting); i++) {
		sigaddset(&set, while_waiting[i].signal);
		sigaction(while_waiting[i].signal, NULL, &old->action[i]);
	}
	sigprocmask(SIG_BLOCK, &set, &old->mask);
}

static void catch_signals(const struct signals *old)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(while_waiting); i++) {
		struct sigaction action = {
			.sa_handler = while_waiting[i].handler,
			.sa_flags = SA_RESTART,
		};

		/* Ignored from the start, by nohup(1) say: so it stays. */
		if (old->action[i].sa_handler != SIG_IGN)
			sigaction(while_waiting[i].signal, &action, NULL);
	}
	sigprocmask(SIG_SETMASK, &old->mask, NULL);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/* End as the command did. */
static int end_as(int status)
{
	struct rlimit no_core = { 0, 0 };
	sigset_t set;

	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);

	/* The command has dumped its core already; ours would overwrite it. */
	setrlimit(RLIMIT_CORE, &no_core);
	prctl(PR_SET_DUMPABLE, 0);
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

/* Run the command in a child, wait, and report what its contexts did. */
static int run_and_report(const struct options *opt, int fd, FILE *out)
{
	struct vctx_stats stats = {
		.size = sizeof(stats),
		.scope = VCTX_SCOPE_FILE,
	};
	struct signals signals;
	struct outcome *outcome;	/* shared with the child until it execs */
	uint64_t wall_ns;
	int status;
	int err;

	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcome == MAP_FAILED) {
		say("cannot share memory with the command: %s", strerror(errno));
		return EXIT_OURS;
	}

	/* Blocked, so that none is lost before the handlers know the child. */
	block_signals(&signals);
	/* If we began with it ignored, there would be nobody to wait for. */
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL },
		  &signals.chld);
	fflush(NULL);
	wall_ns = now_ns();
	child = fork();
	if (child < 0) {
		say("cannot create a process: %s", strerror(errno));
		return EXIT_OURS;
	}
	if (!child) {
		sigaction(SIGCHLD, &signals.chld, NULL);
		sigprocmask(SIG_SETMASK, &signals.mask, NULL);
		run_command(opt, fd, outcome);
	}
	catch_signals(&signals);
	if (opt->verbose)
		say("pid %d: %s", (int)child, opt->command[0]);

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR) {
			say("cannot wait for the command: %s", strerror(errno));
			return EXIT_OURS;
		}
	}
	wall_ns = now_ns() - wall_ns;

	if (fd >= 0 && ioctl(fd, VCTX_IOC_STATS, &stats)) {
		say("cannot read the statistics: %s", strerror(errno));
		return EXIT_OURS;
	}
	if (opt->verbose)
		report_summary(&stats, wall_ns, status);
	/* Strict, and no context: nothing ran that could be reported. */
	if (opt->stats && !(opt->strict && outcome->context)) {
		err = report_json(out, &stats, wall_ns,
				  outcome->context ?
				  reason_for(outcome->context) : NULL,
				  outcome->tick && !outcome->context ?
				  tick_reason_for(opt, outcome->tick) : NULL);
		if (err) {
			say("cannot write the statistics to %s: %s",
			    opt->stats_path ? opt->stats_path : "standard error",
			    strerror(-err));
			return EXIT_OURS;
		}
	}
	return end_as(status);
}

/* ---- command line ---- */

static void print_help(void)
{
	puts("Usage: vctx-exec [OPTION]... [--] COMMAND [ARG]...\n"
	     "Run COMMAND, and all that it starts, in contexts: their user mode runs in the\n"
	     "processor's guest mode, everything else is as ever.\n"
	     "\n"
	     "  -s, --strict         fail, without running COMMAND, if no context can be had\n"
	     "  -n, --no-inherit     only COMMAND itself, not its threads and children\n"
	     "  -c, --cpu LIST       run on these CPUs only, for example 0-3,5\n"
	     "      --tickless[=MAX] hold the scheduler tick back while a thread is alone on\n"
	     "                       its CPU, for MAX at a time at most: 250ms, 10s, unlimited;\n"
	     "                       1s if not given; needs CAP_SYS_NICE\n"
	     "      --stats[=FILE]   write statistics as JSON to standard error, or to FILE,\n"
	     "                       when COMMAND has ended\n"
	     "  -v, --verbose        say what is done, and sum up at the end\n"
	     "  -h, --help           print this and exit\n"
	     "  -V, --version        print the version and exit\n"
	     "\n"
	     "If no context can be had, COMMAND runs natively and standard error says why; if\n"
	     "the tick cannot be held, it runs in contexts that do not hold it.\n"
	     "\n"
	     "Exit status: 125 if vctx-exec itself fails, 126 if COMMAND is found but cannot\n"
	     "be run, 127 if it is not found, else that of COMMAND.");
}

static bool parse(int argc, char **argv, struct options *opt)
{
	static const struct option longs[] = {
		{ "strict",	no_argument,		NULL, 's' },
		{ "no-inherit",	no_argument,		NULL, 'n' },
		{ "cpu",	required_argument,	NULL, 'c' },
		{ "tickless",	optional_argument,	NULL, 't' },
		{ "stats",	optional_argument,	NULL, 'S' },
		{ "verbose",	no_argument,		NULL, 'v' },
		{ "help",	no_argument,		NULL, 'h' },
		{ "version",	no_argument,		NULL, 'V' },
		{ }
	};
	int c;

	/* "+": the first word that is no option begins the command. */
	while ((c = getopt_long(argc, argv, "+snc:vhV", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			opt->strict = true;
			break;
		case 'n':
			opt->inherit = false;
			break;
		case 'c':
			opt->cpus = optarg;
			break;
		case 't':
			opt->tickless = true;
			opt->tick_bound_ns = 0;
			if (!optarg ||
			    duration_parse_bound(optarg, &opt->tick_bound_ns))
				break;
			say("cannot hold the tick for '%s': that is not "
			    DURATION_EXAMPLES ", and not 'unlimited'", optarg);
			return false;
		case 'S':
			opt->stats = true;
			opt->stats_path = optarg;
			break;
		case 'v':
			opt->verbose = true;
			break;
		case 'h':
			print_help();
			exit(fflush(stdout) ? EXIT_OURS : 0);
		case 'V':
			puts("vctx-exec " VCTX_VERSION);
			exit(fflush(stdout) ? EXIT_OURS : 0);
		default:
			fputs("Try 'vctx-exec --help'.\n", stderr);
			return false;
		}
	}
	if (optind == argc) {
		say("no command given; try 'vctx-exec --help'");
		return false;
	}
	opt->command = argv + optind;
	return true;
}

int main(int argc, char **argv)
{
	struct options opt = { .inherit = true };
	struct outcome outcome;
	FILE *out = stderr;
	int fd;

	if (!parse(argc, argv, &opt))
		return EXIT_OURS;

	if (opt.cpus) {
		const char *why = cpulist_pin(opt.cpus);

		if (why) {
			say("cannot run on CPUs '%s': %s", opt.cpus, why);
			return EXIT_OURS;
		}
	}
	if (opt.stats_path) {
		out = fopen(opt.stats_path, "we");
		if (!out) {
			say("cannot write the statistics to '%s': %s",
			    opt.stats_path, strerror(errno));
			return EXIT_OURS;
		}
	}

	fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	if (opt.verbose)
		print_plan(&opt, fd);

	if (reports(&opt))
		return run_and_report(&opt, fd, out);
	run_command(&opt, fd, &outcome);
}
