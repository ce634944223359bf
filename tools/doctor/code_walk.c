// SPDX-License-Identifier: GPL-2.0-only
/*
 * What machine code does against speculation, found by walking all ways through it.
 *
 * The kernel patches its code when it boots: a jump over an instruction may have been
 * left or taken out.  So it does not matter which bytes are there, but which
 * instructions are reached.  The walk knows the values of registers that were loaded
 * with constants.  With these it goes round a counted loop as often as the processor
 * does, and sees which MSR is written.  Where a conditional jump depends on something
 * else, it goes both ways.
 */
#include <string.h>
#include <Zydis/Zydis.h>

#include "code_walk.h"

#define MOST_WAYS	256
#define MOST_STEPS	4096	/* on one way */
#define DEPTH		8	/* of calls that are walked through */
/* Fewer jumps than these clear no branch history. */
#define LEAST_BRANCHES	20
#define HALF_LINE	0x20	/* bit of an address */

/* SDM and APM: these have the same numbers for both vendors. */
#define IA32_SPEC_CTRL	0x48
#define IA32_PRED_CMD	0x49
#define IA32_FLUSH_CMD	0x10b

#define INSN_INT3	0xcc

enum flag {
	FLAG_UNKNOWN,
	FLAG_SET,
	FLAG_CLEAR,
};

/*
 * A way: where it is, and what is known there.
 *
 * @in:		the routine that it is in
 * @known:	a bit for each general register whose value is in @value
 * @zero:	the zero flag
 * @back:	where the calls return to
 * @loose:	slots and jumps that no LFENCE has come after yet
 */
struct way {
	const struct routine *in;
	uint64_t ip;
	uint16_t known;
	uint64_t value[16];
	enum flag zero;
	struct {
		const struct routine *in;
		uint64_t ip;
	} back[DEPTH];
	unsigned int depth, steps;
	unsigned int count[MEASURES], loose[MEASURES];
};

struct walker {
	const struct routine *code, *routines;
	enum walk_end end;
	ZydisDecoder decoder;
	struct walk *walk;
	unsigned int forks;
	bool lost;
};

struct insn {
	ZydisDecodedInstruction is;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

static bool has(const struct routine *code, uint64_t address)
{
	return address >= code->address && address - code->address < code->size;
}

static const struct routine *routine_at(const struct walker *walker, uint64_t address)
{
	const struct routine *routine;

	for (routine = walker->routines; routine->name; routine++)
		if (routine->address && routine->address == address)
			return routine;
	return NULL;
}

static bool decode(const struct walker *walker, const struct way *way, struct insn *insn)
{
	uint64_t at = way->ip - way->in->address;

	return has(way->in, way->ip) &&
	       ZYAN_SUCCESS(ZydisDecoderDecodeFull(&walker->decoder, way->in->bytes + at,
						   way->in->size - at, &insn->is,
						   insn->operands));
}

/* The number of a general register, or -1. */
static int general(ZydisRegister reg)
{
	ZydisRegister wide = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);

	return ZydisRegisterGetClass(wide) == ZYDIS_REGCLASS_GPR64 ?
	       ZydisRegisterGetId(wide) : -1;
}

static bool is_known(const struct way *way, int reg)
{
	return reg >= 0 && way->known & 1U << reg;
}

static void learn(struct way *way, int reg, uint64_t value)
{
	way->known |= 1U << reg;
	way->value[reg] = value;
}

/* An instruction that does not interest us: what it writes is not known any more. */
static void forget(struct way *way, const struct insn *insn)
{
	const ZydisAccessedFlags *flags = insn->is.cpu_flags;
	int i, reg;

	for (i = 0; i < insn->is.operand_count; i++) {
		const ZydisDecodedOperand *operand = &insn->operands[i];

		if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER ||
		    !(operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
			continue;
		reg = general(operand->reg.value);
		if (reg >= 0)
			way->known &= ~(1U << reg);
	}
	if (flags && (flags->modified | flags->set_0 | flags->set_1 | flags->undefined) &
		     ZYDIS_CPUFLAG_ZF)
		way->zero = FLAG_UNKNOWN;
}

/* Constants, and arithmetic with them; registers of 8 and 16 bits are not followed. */
static void compute(struct way *way, const struct insn *insn)
{
	const ZydisDecodedOperand *to = &insn->operands[0], *from = &insn->operands[1];
	bool constant = from->type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
	int reg = to->type == ZYDIS_OPERAND_TYPE_REGISTER ? general(to->reg.value) : -1;
	uint64_t mask = to->size == 64 ? UINT64_MAX : UINT32_MAX, value;
	bool known = is_known(way, reg);

	forget(way, insn);
	if (reg < 0 || to->size < 32)
		return;
	value = way->value[reg];
	switch (insn->is.mnemonic) {
	case ZYDIS_MNEMONIC_MOV:
		if (constant)
			learn(way, reg, from->imm.value.u & mask);
		return;
	case ZYDIS_MNEMONIC_XOR:
		if (from->type != ZYDIS_OPERAND_TYPE_REGISTER ||
		    from->reg.value != to->reg.value)
			return;
		value = 0;
		break;
	case ZYDIS_MNEMONIC_DEC:
		if (!known)
			return;
		value--;
		break;
	case ZYDIS_MNEMONIC_SUB:
		if (!known || !constant)
			return;
		value -= from->imm.value.u;
		break;
	default:
		return;
	}
	learn(way, reg, value & mask);
	way->zero = value & mask ? FLAG_CLEAR : FLAG_SET;
}

static void write_msr(struct way *way)
{
	int rcx = general(ZYDIS_REGISTER_RCX);

	if (!is_known(way, rcx))
		return;
	switch (way->value[rcx]) {
	case IA32_SPEC_CTRL:
		way->count[MEASURE_SPEC_CTRL]++;
		break;
	case IA32_PRED_CMD:
		/* Where it does not empty the return stack, the kernel fills that again. */
		way->count[MEASURE_RETURNS] = way->loose[MEASURE_RETURNS] = 0;
		way->count[MEASURE_IBPB]++;
		break;
	case IA32_FLUSH_CMD:
		way->count[MEASURE_L1D_FLUSH]++;
		break;
	}
}

/* Before it the processor may speculate with what is not filled or cleared yet. */
static void fence(struct way *way)
{
	static const enum measure fenced[] = { MEASURE_RETURNS, MEASURE_BRANCHES };
	size_t i;

	for (i = 0; i < sizeof(fenced) / sizeof(fenced[0]); i++) {
		way->count[fenced[i]] += way->loose[fenced[i]];
		way->loose[fenced[i]] = 0;
	}
}

static void arrive(struct walker *walker, struct way *way, uint64_t thunk)
{
	struct walk *walk = walker->walk;
	enum measure i;

	if (way->count[MEASURE_BRANCHES] < LEAST_BRANCHES)
		way->count[MEASURE_BRANCHES] = 0;
	for (i = 0; i < MEASURES; i++) {
		if (!walk->ways || way->count[i] < walk->least[i])
			walk->least[i] = way->count[i];
		if (way->count[i] > walk->most[i])
			walk->most[i] = way->count[i];
	}
	if (!walk->ways || !thunk) {
		walk->thunk = thunk;
		walk->half = !thunk && way->ip & HALF_LINE;
	}
	walk->ways++;
}

/* Goes to an address, in this routine or in another; false: it is unknown ground. */
static bool go(struct walker *walker, struct way *way, uint64_t target)
{
	const struct routine *routine;

	if (has(way->in, target)) {
		way->ip = target;
		return true;
	}
	routine = routine_at(walker, target);
	if (!routine || routine->is != MEASURES || !routine->bytes)
		return false;
	way->in = routine;
	way->ip = target;
	return true;
}

/* A return from what was walked through; else the end of the way. */
static bool come_back(struct walker *walker, struct way *way, uint64_t thunk)
{
	if (!way->depth) {
		if (walker->end == WALK_RETURN)
			arrive(walker, way, thunk);
		return false;
	}
	way->depth--;
	way->in = way->back[way->depth].in;
	way->ip = way->back[way->depth].ip;
	return true;
}

/* A call of the next instruction but one, over an INT3, fills a slot and does not return. */
static bool fills_slot(const struct way *way, uint64_t next, uint64_t target)
{
	return target == next + 1 && has(way->in, next) &&
	       way->in->bytes[next - way->in->address] == INSN_INT3;
}

static bool call(struct walker *walker, struct way *way, uint64_t next, uint64_t target)
{
	const struct routine *routine = routine_at(walker, target);

	if (fills_slot(way, next, target)) {
		way->loose[MEASURE_RETURNS]++;
		way->ip = target;
		return true;
	}
	if (routine && routine->is != MEASURES) {
		way->count[routine->is]++;
	} else if (way->depth < DEPTH) {
		way->back[way->depth].in = way->in;
		way->back[way->depth].ip = next;
		way->depth++;
		if (go(walker, way, target))
			return true;
		way->depth--;
	}
	way->ip = next;
	if (!routine && walker->end == WALK_CALL && !way->depth) {
		walker->walk->next = next;
		arrive(walker, way, 0);
		return false;
	}
	way->known = 0;
	way->zero = FLAG_UNKNOWN;
	return true;
}

static bool jump(struct walker *walker, struct way *way, uint64_t target)
{
	way->loose[MEASURE_BRANCHES]++;
	return go(walker, way, target) || come_back(walker, way, target);
}

static void follow(struct walker *walker, struct way *way);

static bool branch(struct walker *walker, struct way *way, const struct insn *insn,
		   uint64_t next, uint64_t target)
{
	bool if_set = insn->is.mnemonic == ZYDIS_MNEMONIC_JZ;
	struct way other;

	if (way->zero != FLAG_UNKNOWN &&
	    (if_set || insn->is.mnemonic == ZYDIS_MNEMONIC_JNZ)) {
		way->ip = (way->zero == FLAG_SET) == if_set ? target : next;
		return true;
	}
	forget(way, insn);	/* LOOP writes a register */
	other = *way;
	if (walker->forks++ >= MOST_WAYS)
		walker->lost = true;
	else if (go(walker, &other, target))
		follow(walker, &other);
	way->ip = next;
	return true;
}

/* One instruction.  Returns whether the way goes on. */
static bool step(struct walker *walker, struct way *way)
{
	struct insn insn;
	uint64_t next, target = 0;

	if (way->steps++ >= MOST_STEPS) {
		walker->lost = true;
		return false;
	}
	if (!decode(walker, way, &insn))
		return false;
	next = way->ip + insn.is.length;
	if (insn.is.operand_count && insn.operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
	    insn.operands[0].imm.is_relative)
		target = next + insn.operands[0].imm.value.s;

	switch (insn.is.meta.category) {
	case ZYDIS_CATEGORY_CALL:
		return call(walker, way, next, target);
	case ZYDIS_CATEGORY_UNCOND_BR:
		/* An indirect jump leads nowhere that is known. */
		return target && jump(walker, way, target);
	case ZYDIS_CATEGORY_COND_BR:
		return branch(walker, way, &insn, next, target);
	default:
		break;
	}

	switch (insn.is.mnemonic) {
	case ZYDIS_MNEMONIC_RET:
		return come_back(walker, way, 0);
	case ZYDIS_MNEMONIC_INT3:
	case ZYDIS_MNEMONIC_UD2:
	case ZYDIS_MNEMONIC_HLT:
	case ZYDIS_MNEMONIC_IRETQ:
		return false;
	case ZYDIS_MNEMONIC_VMLAUNCH:
	case ZYDIS_MNEMONIC_VMRESUME:
	case ZYDIS_MNEMONIC_VMRUN:
	case ZYDIS_MNEMONIC_SYSRET:
		walker->walk->next = next;
		if (walker->end == (insn.is.mnemonic == ZYDIS_MNEMONIC_SYSRET ?
				    WALK_SYSRET : WALK_ENTRY))
			arrive(walker, way, 0);
		return false;
	case ZYDIS_MNEMONIC_VERW:
		if (insn.operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY)
			way->count[MEASURE_VERW]++;
		forget(way, &insn);
		break;
	case ZYDIS_MNEMONIC_WRMSR:
		write_msr(way);
		break;
	case ZYDIS_MNEMONIC_LFENCE:
		fence(way);
		break;
	default:
		compute(way, &insn);
		break;
	}
	way->ip = next;
	return true;
}

static void follow(struct walker *walker, struct way *way)
{
	while (step(walker, way))
		;
}

bool code_walk(const struct routine *code, uint64_t from, enum walk_end end,
	       const struct routine *routines, struct walk *walk)
{
	struct walker walker = {
		.code = code, .routines = routines, .end = end, .walk = walk,
	};
	struct way way = { .in = code, .ip = from };

	memset(walk, 0, sizeof(*walk));
	ZydisDecoderInit(&walker.decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	follow(&walker, &way);
	return walk->ways && !walker.lost;
}
