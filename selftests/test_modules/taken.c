// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another owner of VMX or SVM: it takes each CPU that comes online, as KVM does when
 * it has virtual machines.  Load it before vcontext, so that the kernel calls it
 * first.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/module.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>

static enum cpuhp_state state;

static void set_svme(bool on)
{
	u32 low, high;

	rdmsr(MSR_EFER, low, high);
	wrmsr(MSR_EFER, on ? low | EFER_SVME : low & ~EFER_SVME, high);
}

/* This passes by the kernel's copy of CR4, which some kernels reserve for KVM. */
static void set_vmxe(bool on)
{
	unsigned long flags, cr4;

	local_irq_save(flags);
	cr4 = __read_cr4();
	cr4 = on ? cr4 | X86_CR4_VMXE : cr4 & ~X86_CR4_VMXE;
	asm volatile("mov %0, %%cr4" : : "r" (cr4) : "memory");
	local_irq_restore(flags);
}

static void take(bool on)
{
	if (boot_cpu_has(X86_FEATURE_SVM))
		set_svme(on);
	else
		set_vmxe(on);
}

static int online(unsigned int cpu)
{
	take(true);
	return 0;
}

static int offline(unsigned int cpu)
{
	take(false);
	return 0;
}

static int __init taken_init(void)
{
	int ret = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "taken:online",
					    online, offline);

	if (ret < 0)
		return ret;
	state = ret;
	return 0;
}

static void __exit taken_exit(void)
{
	cpuhp_remove_state_nocalls(state);
}

module_init(taken_init);
module_exit(taken_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test of vcontext: another owner of VMX or SVM");
