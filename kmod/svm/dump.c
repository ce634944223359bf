// SPDX-License-Identifier: GPL-2.0-only
/* What the log gets once, when a processor refuses an entry. */
#include "svm.h"

/* No addresses of the program or of the kernel: the log is to be sent. */
static void dump(const struct vmcb_control_area *control,
		 const struct vmcb_save_area *save)
{
	pr_err("  intercepts %08x %08x %08x %08x %08x %08x\n",
	       control->intercepts[0], control->intercepts[1],
	       control->intercepts[2], control->intercepts[3],
	       control->intercepts[4], control->intercepts[5]);
	pr_err("  asid %u tlb_ctl %u clean %#x misc_ctl %#llx nested_cr3 %#llx\n",
	       control->asid, control->tlb_ctl, control->clean,
	       control->misc_ctl, control->nested_cr3);
	pr_err("  exit_code %#x exit_info_1 %#llx exit_int_info %#x\n",
	       control->exit_code, control->exit_info_1, control->exit_int_info);
	pr_err("  cr0 %#llx cr3 %#llx cr4 %#llx efer %#llx g_pat %#llx\n",
	       save->cr0, save->cr3, save->cr4, save->efer, save->g_pat);
	pr_err("  rflags %#llx dr6 %#llx dr7 %#llx cpl %u\n",
	       save->rflags, save->dr6, save->dr7, save->cpl);
	pr_err("  cs %#x %#x %#x ss %#x %#x %#x\n",
	       save->cs.selector, save->cs.attrib, save->cs.limit,
	       save->ss.selector, save->ss.attrib, save->ss.limit);
	pr_err("  ds %#x %#x %#x es %#x %#x %#x gdtr.limit %#x\n",
	       save->ds.selector, save->ds.attrib, save->ds.limit,
	       save->es.selector, save->es.attrib, save->es.limit,
	       save->gdtr.limit);
}

/**
 * svm_dump - write a VMCB to the log, the first time
 * @vmcb: of this CPU
 */
void svm_dump(const struct vmcb *vmcb)
{
	static unsigned long done;

	if (!test_and_set_bit(0, &done))
		dump(&vmcb->control, &vmcb->save);
}
