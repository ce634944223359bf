/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run a few instructions with all registers known before and seen after.  In
 * 32-bit programs a register has the name of the 64-bit one of which it is a half.
 */
#ifndef VCTX_REGS_H
#define VCTX_REGS_H

#ifdef __ASSEMBLER__
#ifdef __i386__
#define REGS_EAX	0
#define REGS_EBX	4
#define REGS_ECX	8
#define REGS_EDX	12
#define REGS_ESI	16
#define REGS_EDI	20
#define REGS_EBP	24
#define REGS_EFLAGS	28
#else
#define REGS_RAX	0
#define REGS_RBX	8
#define REGS_RCX	16
#define REGS_RDX	24
#define REGS_RSI	32
#define REGS_RDI	40
#define REGS_RBP	48
#define REGS_R8		56
#define REGS_R9		64
#define REGS_R10	72
#define REGS_R11	80
#define REGS_R12	88
#define REGS_R13	96
#define REGS_R14	104
#define REGS_R15	112
#define REGS_RFLAGS	120
#endif
#else

#include <stddef.h>
#include <stdint.h>

#ifdef __i386__
/* The names in struct user_regs_struct, and those of gregs. */
#define rax		eax
#define rbx		ebx
#define rcx		ecx
#define rdx		edx
#define rsi		esi
#define rdi		edi
#define rbp		ebp
#define rip		eip
#define orig_rax	orig_eax
#define REG_RAX		REG_EAX
#define REG_RSP		REG_ESP
#define REG_RIP		REG_EIP
#define REG_FIRST	REG_EDI
#define REG_LAST	REG_EAX
#define REG_END		NGREG
/* For inline assembly. */
#define R		"e"
#define SYSCALL_INSN	"\xcd\x80"
#else
#define REG_FIRST	REG_R8
#define REG_LAST	REG_RCX
#define REG_END		REG_OLDMASK
#define R		"r"
#define SYSCALL_INSN	"\x0f\x05"
#endif

struct regs {
	unsigned long rax, rbx, rcx, rdx, rsi, rdi, rbp;
#ifdef __x86_64__
	unsigned long r8, r9, r10, r11, r12, r13, r14, r15;
#endif
	unsigned long rflags;
};

#define RFLAGS_FIXED	0x202ULL	/* IF and the bit that is always one */
#define RFLAGS_CF	0x1ULL
#define RFLAGS_TF	0x100ULL
#define RFLAGS_DF	0x400ULL
#define RFLAGS_NT	0x4000ULL
#define RFLAGS_RF	0x10000ULL
#define RFLAGS_AC	0x40000ULL
#define RFLAGS_ID	0x200000ULL

/*
 * Load @regs, call @code, store the registers back.  The code returns with
 * RET and may use the stack below as it likes; it may be a C function.  Not touched: SSE, x87.
 */
void regs_call(struct regs *regs, const void *code);

/* A different value in each register, none of them an address. */
struct regs regs_pattern(uint64_t seed);

/* Add all registers to what is compared with the twin. */
void regs_note(const char *name, const struct regs *regs);

/* A piece of machine code in an executable page, with a RET behind it. */
struct snippet {
	unsigned char *start;
	unsigned char *ret;
};

struct snippet snippet_load(const void *bytes, size_t len);
struct snippet snippet_load_at(void *at, const void *bytes, size_t len);

#endif /* __ASSEMBLER__ */
#endif /* VCTX_REGS_H */
