// SPDX-License-Identifier: GPL-2.0-only
/* What the log gets once, when a processor refuses an entry. */
#include "vmx.h"

static const struct {
	const char *name;
	unsigned long field;
} fields[] = {
#define FIELD(name) { #name, name }
	FIELD(PIN_BASED_VM_EXEC_CONTROL),
	FIELD(CPU_BASED_VM_EXEC_CONTROL),
	FIELD(SECONDARY_VM_EXEC_CONTROL),
	FIELD(VM_EXIT_CONTROLS),
	FIELD(VM_ENTRY_CONTROLS),
	FIELD(EXCEPTION_BITMAP),
	FIELD(VM_ENTRY_INTR_INFO_FIELD),
	FIELD(VIRTUAL_PROCESSOR_ID),
	FIELD(EPT_POINTER),
	FIELD(GUEST_PHYSICAL_ADDRESS),
	FIELD(GUEST_LINEAR_ADDRESS),
	FIELD(EXIT_QUALIFICATION),
	FIELD(VM_EXIT_INTR_INFO),
	FIELD(GUEST_CR0),
	FIELD(GUEST_CR3),
	FIELD(GUEST_CR4),
	FIELD(GUEST_IA32_EFER),
	FIELD(GUEST_DR7),
	FIELD(GUEST_IA32_DEBUGCTL),
	FIELD(GUEST_RFLAGS),
	FIELD(GUEST_ACTIVITY_STATE),
	FIELD(GUEST_INTERRUPTIBILITY_INFO),
	FIELD(GUEST_PENDING_DBG_EXCEPTIONS),
	FIELD(VMCS_LINK_POINTER),
	FIELD(GUEST_CS_SELECTOR),
	FIELD(GUEST_CS_AR_BYTES),
	FIELD(GUEST_SS_SELECTOR),
	FIELD(GUEST_SS_AR_BYTES),
	FIELD(GUEST_DS_SELECTOR),
	FIELD(GUEST_DS_AR_BYTES),
	FIELD(GUEST_ES_SELECTOR),
	FIELD(GUEST_ES_AR_BYTES),
	FIELD(GUEST_FS_SELECTOR),
	FIELD(GUEST_FS_AR_BYTES),
	FIELD(GUEST_GS_SELECTOR),
	FIELD(GUEST_GS_AR_BYTES),
	FIELD(GUEST_LDTR_AR_BYTES),
	FIELD(GUEST_TR_SELECTOR),
	FIELD(GUEST_TR_LIMIT),
	FIELD(GUEST_TR_AR_BYTES),
	FIELD(GUEST_GDTR_LIMIT),
	FIELD(GUEST_IDTR_LIMIT),
	FIELD(HOST_CR0),
	FIELD(HOST_CR4),
	FIELD(HOST_IA32_EFER),
	FIELD(HOST_CS_SELECTOR),
	FIELD(HOST_SS_SELECTOR),
	FIELD(HOST_TR_SELECTOR),
	/* No addresses of the program or of the kernel: the log is to be sent. */
};

/**
 * vmx_dump - write the VMCS to the log, the first time
 *
 * The VMCS is current, and no entry has been tried since the refused one.
 */
void vmx_dump(void)
{
	static unsigned long done;
	u64 value;
	int i;

	if (test_and_set_bit(0, &done))
		return;
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (vmx_read_checked(fields[i].field, &value))
			pr_err("  %s %#llx\n", fields[i].name, value);
}
