// SPDX-License-Identifier: GPL-2.0-only
/*
 * No emulator has a processor that flushes TLBs by broadcast (INVLPGB), nor is one a
 * hypervisor that flushes TLBs for the kernel.  This module makes the kernel do the part
 * that matters: modules that are loaded from now on find the feature, or another
 * function for flushes, and the shootdowns of some programs send no interrupt.
 *
 * It is for programs whose other threads are all in contexts: nothing flushes what a
 * native thread has in its TLB.  In an emulator, each VM exit flushes.
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include <asm/paravirt_types.h>
#include <asm/processor.h>
#include <asm/special_insns.h>

static bool invlpgb;
module_param(invlpgb, bool, 0444);
MODULE_PARM_DESC(invlpgb, "The processor has the feature, as modules see it");

static bool paravirt;
module_param(paravirt, bool, 0444);
MODULE_PARM_DESC(paravirt, "A hypervisor flushes TLBs, as modules see it");

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

/* What is read-only, through a mapping of its own. */
static int write_word(unsigned long *word, unsigned long value)
{
	struct page *page = virt_to_page(word);
	void *at = vmap(&page, 1, VM_MAP, PAGE_KERNEL);

	if (!at)
		return -ENOMEM;
	*(unsigned long *)(at + offset_in_page(word)) = value;
	vunmap(at);
	return 0;
}

/* The kernel itself decided at boot. */
static int set_feature(bool set)
{
#ifdef X86_FEATURE_INVLPGB
	unsigned long *word = (void *)boot_cpu_data.x86_capability;
	unsigned long bit = BIT(X86_FEATURE_INVLPGB % BITS_PER_LONG);

	word += X86_FEATURE_INVLPGB / BITS_PER_LONG;
	return write_word(word, set ? *word | bit : *word & ~bit);
#else
	return -EOPNOTSUPP;
#endif
}

#ifdef CONFIG_PARAVIRT
static void *get_flush(void)
{
	return pv_ops.mmu.flush_tlb_multi;
}

/* The kernel's own calls were patched at boot, and stay as they are. */
static int set_flush(void *flush)
{
	return write_word((unsigned long *)&pv_ops.mmu.flush_tlb_multi,
			  (unsigned long)flush);
}
#else
static void *get_flush(void)
{
	return NULL;
}

static int set_flush(void *flush)
{
	return -EOPNOTSUPP;
}
#endif

static void *native_flush;

static void put_back(void)
{
	if (invlpgb)
		set_feature(false);
	if (paravirt)
		set_flush(native_flush);
}

static int __init broadcast_init(void)
{
	int ret = 0;

	native_flush = get_flush();
	if (invlpgb)
		ret = set_feature(true);
	if (!ret && paravirt)
		ret = set_flush(just_return);
	if (!ret && silent)
		ret = register_kprobe(&probe);
	if (ret)
		put_back();
	return ret;
}

static void __exit broadcast_exit(void)
{
	if (silent)
		unregister_kprobe(&probe);
	put_back();
}

module_init(broadcast_init);
module_exit(broadcast_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test of vcontext: TLB flushes as if by broadcast");
