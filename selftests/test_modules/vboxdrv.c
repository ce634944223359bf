// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module with the name of VirtualBox's, which has to be loaded, and nothing more, for
 * contexts to be refused.
 */
#include <linux/module.h>

static int __init vboxdrv_init(void)
{
	return 0;
}

static void __exit vboxdrv_exit(void)
{
}

module_init(vboxdrv_init);
module_exit(vboxdrv_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test of vcontext: has the name of VirtualBox's module");
