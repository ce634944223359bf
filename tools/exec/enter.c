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

/* Returns 0 or -errno, and then @arg says why. */
static int try_enter(const struct options *opt, int fd, bool tickless,
		     struct vctx_enter *arg)
{
	*arg = (struct vctx_enter) {
		.size = sizeof(*arg),
		.flags = VCTX_ENTER_KEEP_EXEC |
			 (opt->inherit ? VCTX_ENTER_INHERIT : 0) |
			 (opt->strict ? VCTX_ENTER_STRICT : 0) |
			 (opt->nested ? VCTX_ENTER_NESTED : 0) |
			 (opt->eager ? 0 : VCTX_ENTER_ADAPTIVE) |
			 (tickless ? VCTX_ENTER_TICKLESS : 0),
		.tick_bound_ns = tickless ? opt->tick_bound_ns : 0,
	};

	if (!ioctl(fd, VCTX_IOC_ENTER, arg))
		return 0;
	if (errno != EALREADY)
		return -errno;
	/*
	 * Another vctx-exec has given us its context already, which is in its
	 * statistics.  Keep that, unless our own statistics are wanted, or a
	 * context that is not inherited, or an eager one, one that holds the tick,
	 * or one with nested paging.
	 */
	if (opt->inherit && !options_report(opt) && !opt->eager && !tickless &&
	    !opt->nested)
		return 0;
	if (ioctl(fd, VCTX_IOC_LEAVE) || ioctl(fd, VCTX_IOC_ENTER, arg))
		return -errno;
	return 0;
}

static const char *reason_of(int err, const struct vctx_enter *refused)
{
	const char *reason = NULL;

	/* The reason of a later module has no text here. */
	if (refused->why != VCTX_AVAILABLE)
		reason = vctx_unavailable_reason(refused->why, refused->native);
	return reason ? reason : vctx_strerror(err);
}

/*
 * Give the calling thread a context through @fd, which is negative if the device
 * could not be opened.  Without --strict, a context that cannot hold the tick is
 * better than none.
 */
static struct outcome enter(const struct options *opt, int fd)
{
	struct outcome outcome = { };
	struct vctx_enter arg;
	int err;

	if (fd < 0) {
		vctx_available(&outcome.context);
		return outcome;
	}
	err = try_enter(opt, fd, opt->tickless, &arg);
	if (opt->tickless && (err == -EPERM || err == -ERANGE)) {
		outcome.tick = reason_of(err, &arg);
		if (!opt->strict)
			err = try_enter(opt, fd, false, &arg);
	}
	if (err)
		outcome.context = reason_of(err, &arg);
	return outcome;
}

void enter_and_exec(const struct options *opt, int fd, struct outcome *outcome)
{
	int err;

	*outcome = enter(opt, fd);
	if (outcome->context && opt->strict) {
		say("cannot run '%s' in a context%s: %s", opt->command[0],
		    outcome->tick ? " that holds the tick" : "",
		    outcome->context);
		_exit(EXIT_OURS);
	}
	if (outcome->context)
		say("running natively: %s", outcome->context);
	else if (outcome->tick)
		say("not holding the tick: %s", outcome->tick);

	execvp(opt->command[0], opt->command);
	err = errno;
	say("cannot run '%s': %s", opt->command[0], strerror(err));
	_exit(err == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}
