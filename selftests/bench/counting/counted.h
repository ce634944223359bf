/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a Bochs with instrument.cc counts, on each CPU: instructions; and in the kernel, by
 * kind, those that serialise or are slow otherwise.  In the guest, "xchg %bx, %bx" reads a
 * counter into RAX; on any other machine it does nothing.
 */
#ifndef COUNTED_H
#define COUNTED_H

/* The upper half of RAX asks, and the lower half says for what: one of these, then kinds. */
#define COUNTED_ASK		(0x76637478ULL << 32)
#define COUNTED_INSTRUCTIONS	0
#define COUNTED_KIND		1

/* Each kind has a name, and opcodes as Bochs names them. */
#define COUNTED_KINDS(kind) \
	kind("lgdt", BX_IA_LGDT_Ms, BX_IA_LGDT_Op64_Ms) \
	kind("lidt", BX_IA_LIDT_Ms, BX_IA_LIDT_Op64_Ms) \
	kind("lldt", BX_IA_LLDT_Ew) \
	kind("ltr", BX_IA_LTR_Ew) \
	kind("mov to ds/es/fs/gs/ss", BX_IA_MOV_SwEw) \
	kind("mov to cr/clts", BX_IA_MOV_CR0Rq, BX_IA_MOV_CR2Rq, BX_IA_MOV_CR3Rq, BX_IA_MOV_CR4Rq, BX_IA_CLTS) \
	kind("mov from cr", BX_IA_MOV_RqCR0, BX_IA_MOV_RqCR2, BX_IA_MOV_RqCR3, BX_IA_MOV_RqCR4) \
	kind("mov to dr", BX_IA_MOV_DqRq) \
	kind("mov from dr", BX_IA_MOV_RqDq) \
	kind("wrmsr", BX_IA_WRMSR) \
	kind("rdmsr", BX_IA_RDMSR) \
	kind("swapgs", BX_IA_SWAPGS) \
	kind("wrfsbase/wrgsbase", BX_IA_WRFSBASE_Eq, BX_IA_WRGSBASE_Eq) \
	kind("rdfsbase/rdgsbase", BX_IA_RDFSBASE_Eq, BX_IA_RDGSBASE_Eq) \
	kind("invlpg/invpcid", BX_IA_INVLPG, BX_IA_INVPCID) \
	kind("invvpid/invept", BX_IA_INVVPID, BX_IA_INVEPT) \
	kind("invlpga", BX_IA_INVLPGA) \
	kind("cpuid", BX_IA_CPUID) \
	kind("iret", BX_IA_IRET_Op64) \
	kind("sysret", BX_IA_SYSRET) \
	kind("vmread", BX_IA_VMREAD_EqGq) \
	kind("vmwrite", BX_IA_VMWRITE_GqEq) \
	kind("vmptrld/vmclear", BX_IA_VMPTRLD_Mq, BX_IA_VMCLEAR_Mq) \
	kind("vmxon/vmxoff", BX_IA_VMXON_Mq, BX_IA_VMXOFF) \
	kind("vmlaunch/vmresume/vmrun", BX_IA_VMLAUNCH, BX_IA_VMRESUME, BX_IA_VMRUN) \
	kind("vmload", BX_IA_VMLOAD) \
	kind("vmsave", BX_IA_VMSAVE) \
	kind("stgi/clgi", BX_IA_STGI, BX_IA_CLGI) \
	kind("rdtsc/rdtscp", BX_IA_RDTSC, BX_IA_RDTSCP) \
	kind("rdpmc", BX_IA_RDPMC) \
	kind("lfence", BX_IA_LFENCE) \
	kind("mfence", BX_IA_MFENCE) \
	kind("verw", BX_IA_VERW_Ew) \
	kind("wbinvd", BX_IA_WBINVD) \
	kind("xsetbv", BX_IA_XSETBV) \
	kind("xsave/fxsave", BX_IA_XSAVE, BX_IA_XSAVEC, BX_IA_XSAVEOPT, BX_IA_XSAVES, BX_IA_FXSAVE) \
	kind("xrstor/fxrstor", BX_IA_XRSTOR, BX_IA_XRSTORS, BX_IA_FXRSTOR)

#endif /* COUNTED_H */
