// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entering a context, and becoming the command.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vctx.h>

#include "common/say.h"
#include "enter.h"

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
	 * Another vctx-exec has given us its context already, which is in its
	 * statistics.  Keep that, unless our own statistics are wanted, or a
	 * context that is not inherited, or one that holds the tick.
	 */
	if (opt->inherit && !options_report(opt) && !tickless)
		return 0;
	if (ioctl(fd, VCTX_IOC_LEAVE) || ioctl(fd, VCTX_IOC_ENTER, &arg))
		return -errno;
	return 0;
}

/*
 * Give the calling thread a context through @fd, which is -errno if the device
 * could not be opened.  Without --strict, a context that cannot hold the tick is
 * better than none.
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

const char *enter_reason(int err)
{
	const char *reason;

	return vctx_available(&reason) ? reason : vctx_strerror(err);
}

const char *enter_tick_reason(const struct options *opt, int err)
{
	const char *reason;

	return vctx_tick_available(opt->tick_bound_ns, &reason) ?
	       reason : vctx_strerror(err);
}

void enter_and_exec(const struct options *opt, int fd, struct outcome *outcome)
{
	int err;

	*outcome = enter(opt, fd);
	err = outcome->context;
	if (err && opt->strict) {
		say("cannot run '%s' in a context%s: %s", opt->command[0],
		    outcome->tick ? " that holds the tick" : "",
		    outcome->tick ? enter_tick_reason(opt, err) : enter_reason(err));
		_exit(EXIT_OURS);
	}
	if (err)
		say("running natively: %s", enter_reason(err));
	else if (outcome->tick)
		say("not holding the tick: %s",
		    enter_tick_reason(opt, outcome->tick));

	execvp(opt->command[0], opt->command);
	err = errno;
	say("cannot run '%s': %s", opt->command[0], strerror(err));
	_exit(err == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}
