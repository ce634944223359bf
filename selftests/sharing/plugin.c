// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TCG plugin for QEMU: which 64-byte lines of memory does the run path touch, and on which
 * CPU?  It reports each access; ./run finds the lines that are shared.
 *
 *   path     all code, the kernel's as well, from the entry of fire_user_return_notifiers() to
 *            its return: the hook into the guest, and back.  Interrupts are off there.
 *   module   any other code of the module
 *
 * The program in the guest says where these are, and when to count: message.h.  It cannot
 * do so before it runs, so that all code of the kernel is watched from the beginning.
 *
 * What a processor itself does with the VMCB is not seen, nor are walks of page tables.
 *
 * arguments: out=FILE  where the report goes
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <qemu-plugin.h>

#include "message.h"

#define LINE		64
#define MAX_CPUS	8
#define MAX_ACCESSES	(1 << 18)
#define NEAR_RETURN	0xc3

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/* Accesses by one instruction to one line on one CPU; none if @count is 0. */
struct access {
	uint64_t line;
	uint64_t pc;
	uint64_t address;
	uint64_t count;
	unsigned int cpu;
	bool store;
	bool on_path;
};

/* Each is written by its CPU only. */
static struct {
	bool on_path;
	unsigned long passes;
} cpus[MAX_CPUS];

static _Atomic uint64_t told[SHARING_NR];
static _Atomic bool counting;
static FILE *out;
static int nr_cpus;

/* What follows is under the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct access accesses[MAX_ACCESSES];
static unsigned long lost;

static bool is_in(uint64_t pc, enum sharing_message begin)
{
	return pc >= told[begin] && pc < told[begin + 1];
}

static void count(const struct access *new)
{
	uint64_t hash = new->line ^ new->pc * 31 ^ new->cpu;

	hash *= 0x9e3779b97f4a7c15;
	for (unsigned int i = 0; i < 64; i++) {
		struct access *slot = &accesses[(hash + i) % MAX_ACCESSES];

		if (!slot->count)
			*slot = *new;
		if (slot->line == new->line && slot->pc == new->pc &&
		    slot->cpu == new->cpu && slot->store == new->store &&
		    slot->on_path == new->on_path) {
			slot->count++;
			return;
		}
	}
	lost++;
}

static void on_access(unsigned int cpu, qemu_plugin_meminfo_t info,
		      uint64_t address, void *pc)
{
	struct qemu_plugin_hwaddr *physical;
	struct access new;

	if (is_in((uint64_t)pc, SHARING_HOOK) && !cpus[cpu].on_path) {
		cpus[cpu].on_path = true;
		cpus[cpu].passes++;
	}
	if (!counting ||
	    !(cpus[cpu].on_path || is_in((uint64_t)pc, SHARING_MODULE)))
		return;
	physical = qemu_plugin_get_hwaddr(info, address);
	if (!physical || qemu_plugin_hwaddr_is_io(physical))
		return;
	new = (struct access){
		.line = qemu_plugin_hwaddr_phys_addr(physical) / LINE * LINE,
		.pc = (uint64_t)pc,
		.address = address,
		.cpu = cpu,
		.store = qemu_plugin_mem_is_store(info),
		.on_path = cpus[cpu].on_path,
	};
	pthread_mutex_lock(&lock);
	if (counting)
		count(&new);
	pthread_mutex_unlock(&lock);
}

/* It reads where to return to. */
static void on_return(unsigned int cpu, qemu_plugin_meminfo_t info,
		      uint64_t address, void *pc)
{
	on_access(cpu, info, address, pc);
	if (is_in((uint64_t)pc, SHARING_HOOK))
		cpus[cpu].on_path = false;
}

static void begin(void)
{
	memset(accesses, 0, sizeof(accesses));
	lost = 0;
	for (int i = 0; i < MAX_CPUS; i++)
		cpus[i].passes = 0;
	counting = true;
}

static void end(void)
{
	unsigned long phase = told[SHARING_BEGIN];

	counting = false;
	for (int i = 0; i < nr_cpus; i++)
		fprintf(out, "passes %lu %d %lu\n", phase, i, cpus[i].passes);
	for (const struct access *a = accesses; a < accesses + MAX_ACCESSES; a++)
		if (a->count)
			fprintf(out, "access %lu %lx %lx %u %s %s %lx %lu\n",
				phase, a->line, a->address, a->cpu,
				a->store ? "write" : "read",
				a->on_path ? "path" : "module", a->pc, a->count);
	fprintf(out, "lost %lu %lu\n", phase, lost);
	fflush(out);
}

static void on_message(unsigned int cpu, qemu_plugin_meminfo_t info,
		       uint64_t address, void *message)
{
	told[(uint64_t)message] = qemu_plugin_mem_get_value(info).data.u64;
	pthread_mutex_lock(&lock);
	if ((uint64_t)message == SHARING_BEGIN)
		begin();
	else if ((uint64_t)message == SHARING_END)
		end();
	pthread_mutex_unlock(&lock);
}

/* Return: the enum sharing_message, or -1 if the instruction is no message. */
static int message_of(const struct qemu_plugin_insn *insn)
{
	struct {
		char opcode[3];
		uint32_t displacement;
	} __attribute__((packed)) code;

	if (qemu_plugin_insn_data(insn, &code, sizeof(code)) < sizeof(code) ||
	    memcmp(code.opcode, SHARING_OPCODE, sizeof(code.opcode)) ||
	    code.displacement - SHARING_DISPLACEMENT >= SHARING_NR)
		return -1;
	return code.displacement - SHARING_DISPLACEMENT;
}

static void watch(struct qemu_plugin_insn *insn)
{
	uint64_t pc = qemu_plugin_insn_vaddr(insn);
	unsigned char opcode = 0;
	int message;

	if ((int64_t)pc < 0) {
		qemu_plugin_insn_data(insn, &opcode, 1);
		qemu_plugin_register_vcpu_mem_cb(insn,
			opcode == NEAR_RETURN ? on_return : on_access,
			QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, (void *)pc);
		return;
	}
	message = message_of(insn);
	if (message >= 0)
		qemu_plugin_register_vcpu_mem_cb(insn, on_message,
			QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W,
			(void *)(long)message);
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
	size_t nr = qemu_plugin_tb_n_insns(block);

	for (size_t i = 0; i < nr; i++)
		watch(qemu_plugin_tb_get_insn(block, i));
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
					   const qemu_info_t *info,
					   int argc, char **argv)
{
	nr_cpus = info->system.max_vcpus;
	if (argc != 1 || strncmp(argv[0], "out=", 4) || nr_cpus > MAX_CPUS)
		return -1;
	out = fopen(argv[0] + 4, "w");
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	return 0;
}
