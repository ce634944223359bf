// SPDX-License-Identifier: GPL-2.0-only
/* The commands of /dev/vcontext; <linux/vcontext.h> is their documentation. */
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>

#include "bell.h"
#include "context.h"
#include "info.h"
#include "ioctl.h"
#include "ring_timer.h"
#include "ringer.h"
#include "stats.h"
#include "tick.h"
#include "unavailable.h"

/* The ABI is what user space was compiled with: it must never move. */
static_assert(sizeof(struct vctx_info) == 64);
static_assert(sizeof(struct vctx_enter) == 32);
static_assert(sizeof(struct vctx_stats) == 528);
static_assert(offsetof(struct vctx_stats, native) == 160);
static_assert(offsetof(struct vctx_stats, guest_ns) == 416);
static_assert(sizeof(struct vctx_bell_area) == 64);
static_assert(sizeof(struct vctx_bell_frame) == 40);
static_assert(sizeof(struct vctx_bell) == 24);
static_assert(sizeof(struct vctx_ringer) == 24);
static_assert(sizeof(struct vctx_timer) == 40);
static_assert(sizeof(struct vctx_bell_wait) == 16);
static_assert(sizeof(struct vctx_bell_stats) == 40);
static_assert(VCTX_NR_EXITS <= VCTX_MAX_EXITS);
static_assert(VCTX_NR_HELD <= VCTX_MAX_HELD);
static_assert(VCTX_NR_NATIVE <= VCTX_MAX_NATIVE);

union argument {
	struct vctx_info info;
	struct vctx_enter enter;
	struct vctx_stats stats;
	struct vctx_bell bell;
	struct vctx_ringer ringer;
	struct vctx_timer timer;
	struct vctx_bell_wait wait;
	struct vctx_bell_stats bell_stats;
};

static int ioctl_info(struct file *file, union argument *arg)
{
	vctx_info_read(&arg->info);
	return 0;
}

static enum vctx_unavailable enter(struct vctx_tally *tally,
				   struct vctx_enter *arg)
{
	enum vctx_unavailable why;
	u64 tick_bound;

	if (arg->__reserved || arg->flags & ~VCTX_ENTER_FLAGS)
		return VCTX_UNAVAILABLE_ARGUMENT;
	why = vctx_tick_bound(arg->flags, arg->tick_bound_ns, &tick_bound);
	if (why != VCTX_AVAILABLE)
		return why;
	return vctx_context_enter(tally, arg->flags, tick_bound, &arg->native);
}

static int ioctl_enter(struct file *file, union argument *arg)
{
	arg->enter.native = 0;
	arg->enter.why = enter(file->private_data, &arg->enter);
	return -unavailable_errnos[arg->enter.why];
}

static int ioctl_leave(struct file *file, union argument *arg)
{
	return vctx_context_leave();
}

static int ioctl_stats(struct file *file, union argument *arg)
{
	u32 scope = arg->stats.scope;
	struct vctx_context *ctx;

	arg->stats = (struct vctx_stats) {
		.size = sizeof(arg->stats),
		.scope = scope,
	};
	switch (scope) {
	case VCTX_SCOPE_THREAD:
		ctx = vctx_context_use();
		if (!ctx)
			return -ENXIO;
		vctx_stats_read(ctx, &arg->stats);
		vctx_context_unuse(ctx);
		return 0;
	case VCTX_SCOPE_FILE:
		vctx_tally_read(file->private_data, &arg->stats);
		return 0;
	default:
		return -EINVAL;
	}
}

static int ioctl_bell(struct file *file, union argument *arg)
{
	struct vctx_context *ctx = vctx_context_use();
	int ret;

	if (!ctx)
		return -ENXIO;
	ret = vctx_bell_open(ctx, &arg->bell);
	vctx_context_unuse(ctx);
	return ret;
}

static int ioctl_bell_close(struct file *file, union argument *arg)
{
	struct vctx_context *ctx = vctx_context_use();
	int ret;

	if (!ctx)
		return -ENXIO;
	ret = vctx_bell_leave(ctx);
	vctx_context_unuse(ctx);
	return ret;
}

/* The bell of current, referenced, or an error; the context may end meanwhile. */
static struct vctx_receiver *get_receiver(void)
{
	struct vctx_context *ctx = vctx_context_use();
	struct vctx_receiver *receiver;

	if (!ctx)
		return ERR_PTR(-ENXIO);
	receiver = ctx->receiver ?: ERR_PTR(-ENOTCONN);
	if (!IS_ERR(receiver))
		vctx_bell_get(receiver);
	vctx_context_unuse(ctx);
	return receiver;
}

static int ioctl_ringer(struct vctx_receiver *receiver, union argument *arg)
{
	return vctx_ringer_create(receiver, &arg->ringer);
}

static int ioctl_timer(struct vctx_receiver *receiver, union argument *arg)
{
	return vctx_ring_timer_set(receiver, &arg->timer);
}

static int ioctl_bell_wait(struct vctx_receiver *receiver, union argument *arg)
{
	if (arg->wait.__reserved)
		return -EOPNOTSUPP;
	return vctx_bell_wait(receiver, arg->wait.timeout_ns);
}

static int ioctl_bell_stats(struct vctx_receiver *receiver, union argument *arg)
{
	arg->bell_stats = (struct vctx_bell_stats) {
		.size = sizeof(arg->bell_stats),
	};
	vctx_bell_read(receiver, &arg->bell_stats);
	return 0;
}

/*
 * @size is the structure's, @min that of its first version: the end of the last
 * field that it had.  A field is added at the end, and @min stays.  @tells: what
 * is written to the caller is why the command failed, and not what it found.
 * @bell_handler: in place of @handler, for a command about current's bell
 */
static const struct command {
	unsigned int cmd;
	int (*handler)(struct file *file, union argument *arg);
	int (*bell_handler)(struct vctx_receiver *receiver, union argument *arg);
	u32 size;
	u32 min;
	bool tells;
} commands[] = {
	[_IOC_NR(VCTX_IOC_INFO)] = {
		.cmd = VCTX_IOC_INFO,
		.handler = ioctl_info,
		.size = sizeof(struct vctx_info),
		.min = offsetofend(struct vctx_info, limits),
	},
	[_IOC_NR(VCTX_IOC_ENTER)] = {
		.cmd = VCTX_IOC_ENTER,
		.handler = ioctl_enter,
		.size = sizeof(struct vctx_enter),
		.min = offsetofend(struct vctx_enter, __reserved),
		.tells = true,
	},
	[_IOC_NR(VCTX_IOC_LEAVE)] = {
		.cmd = VCTX_IOC_LEAVE,
		.handler = ioctl_leave,
	},
	[_IOC_NR(VCTX_IOC_STATS)] = {
		.cmd = VCTX_IOC_STATS,
		.handler = ioctl_stats,
		.size = sizeof(struct vctx_stats),
		.min = offsetofend(struct vctx_stats, longest_ns),
	},
	[_IOC_NR(VCTX_IOC_BELL)] = {
		.cmd = VCTX_IOC_BELL,
		.handler = ioctl_bell,
		.size = sizeof(struct vctx_bell),
		.min = offsetofend(struct vctx_bell, entry),
	},
	[_IOC_NR(VCTX_IOC_BELL_CLOSE)] = {
		.cmd = VCTX_IOC_BELL_CLOSE,
		.handler = ioctl_bell_close,
	},
	[_IOC_NR(VCTX_IOC_RINGER)] = {
		.cmd = VCTX_IOC_RINGER,
		.bell_handler = ioctl_ringer,
		.size = sizeof(struct vctx_ringer),
		.min = offsetofend(struct vctx_ringer, fd),
	},
	[_IOC_NR(VCTX_IOC_TIMER)] = {
		.cmd = VCTX_IOC_TIMER,
		.bell_handler = ioctl_timer,
		.size = sizeof(struct vctx_timer),
		.min = offsetofend(struct vctx_timer, __reserved),
	},
	[_IOC_NR(VCTX_IOC_BELL_WAIT)] = {
		.cmd = VCTX_IOC_BELL_WAIT,
		.bell_handler = ioctl_bell_wait,
		.size = sizeof(struct vctx_bell_wait),
		.min = offsetofend(struct vctx_bell_wait, timeout_ns),
	},
	[_IOC_NR(VCTX_IOC_BELL_STATS)] = {
		.cmd = VCTX_IOC_BELL_STATS,
		.bell_handler = ioctl_bell_stats,
		.size = sizeof(struct vctx_bell_stats),
		.min = offsetofend(struct vctx_bell_stats, delivered),
	},
};

/* The structure at @user, by the general rules of the ABI. */
static int copy_in(union argument *arg, u32 *user_size, void __user *user,
		   u32 size, u32 min)
{
	if (get_user(*user_size, (u32 __user *)user))
		return -EFAULT;
	if (*user_size < min)
		return -EINVAL;
	if (*user_size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(arg, size, user, *user_size);
}

/*
 * Return: the command, or NULL.  The size that is a part of @cmd does not count, for it
 * may be that of another version.
 */
static const struct command *find_command(unsigned int cmd)
{
	unsigned int nr = _IOC_NR(cmd);
	const struct command *command;

	if (nr >= ARRAY_SIZE(commands))
		return NULL;
	command = &commands[array_index_nospec(nr, ARRAY_SIZE(commands))];
	return _IOC_TYPE(cmd) == VCTX_IOC_TYPE &&
	       _IOC_DIR(cmd) == _IOC_DIR(command->cmd) ? command : NULL;
}

static int handle(const struct command *command, struct file *file,
		  union argument *arg)
{
	struct vctx_receiver *receiver;
	int ret;

	if (command->handler)
		return command->handler(file, arg);
	receiver = get_receiver();
	if (IS_ERR(receiver))
		return PTR_ERR(receiver);
	ret = command->bell_handler(receiver, arg);
	vctx_bell_put(receiver);
	return ret;
}

long vctx_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct command *command = find_command(cmd);
	void __user *user = (void __user *)arg;
	union argument argument;
	u32 user_size = 0;
	int ret;

	if (!command)
		return -ENOTTY;
	if (command->size) {
		ret = copy_in(&argument, &user_size, user, command->size,
			      command->min);
		if (ret)
			return ret;
	}

	ret = handle(command, file, &argument);
	if (_IOC_DIR(cmd) & _IOC_READ && !!ret == command->tells &&
	    copy_to_user(user, &argument, min(user_size, command->size)))
		return -EFAULT;
	return ret;
}
