// SPDX-License-Identifier: GPL-2.0-only
/* /dev/vcontext: open, close, and the page of statistics. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "context.h"
#include "device.h"
#include "ioctl.h"
#include "stats.h"

static int device_open(struct inode *inode, struct file *file)
{
	file->private_data = vctx_tally_create();
	return file->private_data ? 0 : -ENOMEM;
}

static int device_release(struct inode *inode, struct file *file)
{
	vctx_tally_put(file->private_data);
	return 0;
}

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vctx_context *ctx = vctx_context_use();
	int ret = -EINVAL;

	if (!ctx)
		return -ENXIO;
	if (vma->vm_pgoff || vma->vm_end - vma->vm_start != PAGE_SIZE ||
	    (vma->vm_flags & (VM_SHARED | VM_WRITE | VM_EXEC)) != VM_SHARED)
		goto out;
	vm_flags_mod(vma, VM_DONTEXPAND, VM_MAYWRITE | VM_MAYEXEC);
	ret = vctx_stats_map(ctx, vma);
out:
	vctx_context_unuse(ctx);
	return ret;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.mmap = device_mmap,
	.unlocked_ioctl = vctx_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vcontext",
	.fops = &device_fops,
	.mode = 0660,
};

int __init vctx_device_init(void)
{
	return misc_register(&device);
}

void vctx_device_exit(void)
{
	misc_deregister(&device);
}
