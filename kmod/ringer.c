// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors that ring bells, and eventfds that do. */
#include <linux/anon_inodes.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "bell.h"
#include "ringer.h"

/* What a descriptor rings. */
struct ringer {
	struct vctx_receiver *receiver;
	unsigned int number;
};

static ssize_t ringer_write(struct file *file, const char __user *from,
			    size_t size, loff_t *at)
{
	struct ringer *ringer = file->private_data;
	int ret;

	if (size != sizeof(u64))
		return -EINVAL;
	ret = vctx_bell_ring(ringer->receiver, ringer->number);
	return ret < 0 ? ret : size;
}

static int ringer_release(struct inode *inode, struct file *file)
{
	struct ringer *ringer = file->private_data;

	vctx_bell_put(ringer->receiver);
	kfree(ringer);
	return 0;
}

static const struct file_operations ringer_fops = {
	.owner = THIS_MODULE,
	.write = ringer_write,
	.release = ringer_release,
	.llseek = noop_llseek,
};

static int create_fd(struct vctx_receiver *receiver, unsigned int number)
{
	struct ringer *ringer = kzalloc(sizeof(*ringer), GFP_KERNEL_ACCOUNT);
	int fd;

	if (!ringer)
		return -ENOMEM;
	ringer->receiver = receiver;
	ringer->number = number;
	vctx_bell_get(receiver);
	fd = anon_inode_getfd("[vcontext-ringer]", &ringer_fops, ringer,
			      O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		vctx_bell_put(receiver);
		kfree(ringer);
	}
	return fd;
}

/* An eventfd that rings: each write to it calls on_write(). */
struct binding {
	struct vctx_ring_source source;
	struct eventfd_ctx *eventfd;
	wait_queue_entry_t wait;
	poll_table table;
};

static int on_write(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct binding *binding = container_of(wait, struct binding, wait);
	u64 count;

	if (!(key_to_poll(key) & EPOLLIN))
		return 0;
	eventfd_ctx_do_read(binding->eventfd, &count);
	vctx_bell_ring(binding->source.receiver, binding->source.number);
	return 0;
}

static void add_to_queue(struct file *file, wait_queue_head_t *queue, poll_table *table)
{
	struct binding *binding = container_of(table, struct binding, table);

	add_wait_queue(queue, &binding->wait);
}

static void unbind(struct vctx_ring_source *source)
{
	struct binding *binding = container_of(source, struct binding, source);
	u64 count;

	eventfd_ctx_remove_wait_queue(binding->eventfd, &binding->wait, &count);
	eventfd_ctx_put(binding->eventfd);
	kfree(binding);
}

static int bind(struct vctx_receiver *receiver, unsigned int number,
		struct file *file)
{
	struct eventfd_ctx *eventfd = eventfd_ctx_fileget(file);
	struct binding *binding;
	int ret;

	if (IS_ERR(eventfd))
		return -EBADF;
	binding = kzalloc(sizeof(*binding), GFP_KERNEL_ACCOUNT);
	if (!binding) {
		eventfd_ctx_put(eventfd);
		return -ENOMEM;
	}
	binding->eventfd = eventfd;
	binding->source = (struct vctx_ring_source) {
		.receiver = receiver,
		.number = number,
		.release = unbind,
	};
	init_waitqueue_func_entry(&binding->wait, on_write);
	init_poll_funcptr(&binding->table, add_to_queue);
	/* Once it is a source, the end of the bell may release it at any time. */
	if (vfs_poll(file, &binding->table) & EPOLLIN)
		vctx_bell_ring(receiver, number);
	ret = vctx_bell_set_source(receiver, number, unbind, &binding->source);
	if (ret)
		unbind(&binding->source);
	return ret;
}

/**
 * vctx_ringer_create - a way to ring a bell
 * @receiver: of current
 * @ringer: from the caller, valid
 *
 * Return: 0 or -errno, as VCTX_IOC_RINGER has it.
 */
int vctx_ringer_create(struct vctx_receiver *receiver, struct vctx_ringer *ringer)
{
	struct file *eventfd;
	int ret;

	if (ringer->flags)
		return -EOPNOTSUPP;
	if (ringer->number >= VCTX_BELL_NUMBERS)
		return -EINVAL;
	if (ringer->eventfd == -1) {
		ringer->fd = create_fd(receiver, ringer->number);
		return min(ringer->fd, 0);
	}
	eventfd = eventfd_fget(ringer->eventfd);
	if (IS_ERR(eventfd))
		return -EBADF;
	ret = bind(receiver, ringer->number, eventfd);
	fput(eventfd);
	return ret;
}
