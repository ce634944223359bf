// SPDX-License-Identifier: GPL-2.0-only
/*
 * No emulator has a processor that flushes TLBs by broadcast (INVLPGB).  This module
 * makes the kernel do the part that matters: modules that are loaded from now on
 * find the feature, and the shootdowns of some programs send no interrupt.
 *
 * It is for programs whose other threads are all in contexts: nothing flushes what a
 * native thread has in its TLB.  In an emulator, each VM exit flushes.
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include <asm/processor.h>
#include <asm/special_insns.h>

static bool invlpgb;
module_param(invlpgb, bool, 0444);
MODULE_PARM_DESC(invlpgb, "The processor has the feature, as modules see it");

static char *silent;
module_param(silent, charp, 0444);
MODULE_PARM_DESC(silent, "Programs of this name send no interrupts for shootdowns");

static atomic_t dropped = ATOMIC_INIT(0);
module_param_named(dropped, dropped.counter, int, 0444);
MODULE_PARM_DESC(dropped, "Shootdowns that sent none");

/* The kernel's own structure begins with these, and modules cannot have it. */
struct flush_info {
	struct mm_struct *mm;
};

/* The probed function goes on here, at its end. */
static noinline void just_return(void)
{
	barrier();
}

/* This runs before native_flush_tlb_multi(cpumask, info). */
static int drop(struct kprobe *probe, struct pt_regs *regs)
{
	const struct flush_info *info = (const void *)regs->si;

	if (!info->mm || info->mm != current->mm ||
	    strcmp(current->comm, silent))
		return 0;
	atomic_inc(&dropped);
	/* The function would flush this CPU, too, as a broadcast does. */
	native_write_cr3(__native_read_cr3());
	regs->ip = (unsigned long)just_return;
	return 1;
}

static struct kprobe probe = {
	.symbol_name = "native_flush_tlb_multi",
	.pre_handler = drop,
};

/* The kernel itself decided at boot.  These words are read-only, hence the mapping. */
static int set_feature(bool set)
{
#ifdef X86_FEATURE_INVLPGB
	void *words = boot_cpu_data.x86_capability;
	struct page *page = virt_to_page(words);
	void *at = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	int bit = X86_FEATURE_INVLPGB % 32;
	u32 *word;

	if (!at)
		return -ENOMEM;
	word = at + offset_in_page(words);
	word += X86_FEATURE_INVLPGB / 32;
	*word = set ? *word | BIT(bit) : *word & ~BIT(bit);
	vunmap(at);
	return 0;
#else
	return -EOPNOTSUPP;
#endif
}

static int __init broadcast_init(void)
{
	int ret = 0;

	if (invlpgb)
		ret = set_feature(true);
	if (!ret && silent)
		ret = register_kprobe(&probe);
	if (ret && invlpgb)
		set_feature(false);
	return ret;
}

static void __exit broadcast_exit(void)
{
	if (silent)
		unregister_kprobe(&probe);
	if (invlpgb)
		set_feature(false);
}

module_init(broadcast_init);
module_exit(broadcast_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test of vcontext: TLB flushes as if by broadcast");
