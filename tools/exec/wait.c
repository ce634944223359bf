// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running the command in a child, and reporting what its contexts did.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vctx.h>

#include "common/array.h"
#include "common/say.h"
#include "enter.h"
#include "report.h"
#include "wait.h"

static volatile pid_t child;

static void forward(int sig)
{
	int saved = errno;

	kill(child, sig);
	errno = saved;
}

/*
 * The terminal sends SIGINT and SIGQUIT to the command as well, and we stay to
 * report; SIGTERM and SIGHUP come to us alone, and we pass them on.
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

		/* A signal that nohup(1), for example, has ignored stays ignored. */
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

/* Start the command in a child; false if that failed, which has been reported. */
static bool start(const struct options *opt, int fd, struct outcome *outcome)
{
	struct signals signals;

	/* No signal must be lost before the handlers know the child. */
	block_signals(&signals);
	/* If SIGCHLD were ignored, as it may be from the start, wait() would fail. */
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL },
		  &signals.chld);
	fflush(NULL);
	child = fork();
	if (child < 0) {
		say("cannot create a process: %s", strerror(errno));
		return false;
	}
	if (!child) {
		sigaction(SIGCHLD, &signals.chld, NULL);
		sigprocmask(SIG_SETMASK, &signals.mask, NULL);
		enter_and_exec(opt, fd, outcome);
	}
	catch_signals(&signals);
	if (opt->verbose)
		say("pid %d: %s", (int)child, opt->command[0]);
	return true;
}

static bool write_stats(const struct options *opt, FILE *out,
			const struct vctx_stats *stats, uint64_t wall_ns,
			const struct outcome *outcome)
{
	int err = report_json(out, stats, wall_ns, outcome->context,
			      outcome->context ? NULL : outcome->tick);

	if (err)
		say("cannot write the statistics to %s: %s",
		    opt->stats_path ? opt->stats_path : "standard error",
		    strerror(-err));
	return !err;
}

int wait_and_report(const struct options *opt, int fd, FILE *out)
{
	struct vctx_stats stats = {
		.size = sizeof(stats),
		.scope = VCTX_SCOPE_FILE,
	};
	struct outcome *outcome;	/* shared with the child until it execs */
	uint64_t wall_ns = now_ns();
	int status;

	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcome == MAP_FAILED) {
		say("cannot share memory with the command: %s", strerror(errno));
		return EXIT_OURS;
	}
	if (!start(opt, fd, outcome))
		return EXIT_OURS;
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
	/* With --strict and without a context, nothing ran. */
	if (opt->stats && !(opt->strict && outcome->context) &&
	    !write_stats(opt, out, &stats, wall_ns, outcome))
		return EXIT_OURS;
	return end_as(status);
}
