// SPDX-License-Identifier: GPL-2.0-only
/*
 * The identity map: one nested page table for the machine, shared by all contexts that
 * have nested paging, in which each guest-physical address is the same host-physical
 * one.  It is no protection: that is in the process's own page tables, exactly as
 * natively.
 *
 * The first such context has it built, and it is freed a while after the last context
 * of all, when no CPU is enabled.  RAM is mapped write-back at once in the largest pages
 * that fit.  The rest, which is device memory that a process has mapped and RAM that was
 * added later, is mapped when it is first touched.  Entries are only ever added, so
 * nothing is flushed as long as the map exists; what a CPU has cached of one map it
 * flushes when it is enabled, before it gets to know another.
 */
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>

#include "backend.h"
#include "idmap.h"

/* NULL if there is no map now. */
static u64 *root;

/* How many tables there are, the root included. */
static u64 tables;

/*
 * Serialises additions, the building of the map and its end; the readers are the page
 * walkers of the CPUs.
 */
static DEFINE_MUTEX(lock);

static u64 *alloc_table(void)
{
	u64 *table = (u64 *)get_zeroed_page(GFP_KERNEL);

	if (table)
		WRITE_ONCE(tables, tables + 1);
	return table;
}

static u64 level_size(enum vctx_page_level level)
{
	return 1ULL << (PAGE_SHIFT + 9 * level);
}

static u64 *entry_in(u64 *table, phys_addr_t pa, enum vctx_page_level level)
{
	return &table[(pa >> (PAGE_SHIFT + 9 * level)) & 511];
}

static bool is_leaf(u64 entry, enum vctx_page_level level)
{
	return level == VCTX_LEVEL_4K || entry & vctx_backend->format->large;
}

static u64 *table_of(u64 entry)
{
	return __va(entry & GENMASK_ULL(51, PAGE_SHIFT));
}

static u64 leaf(phys_addr_t pa, enum vctx_page_level level, bool ram)
{
	const struct vctx_idmap_format *format = vctx_backend->format;
	u64 entry = (pa & ~(level_size(level) - 1)) | format->leaf;

	entry |= ram ? format->ram : format->io;
	if (level > VCTX_LEVEL_4K)
		entry |= format->large;
	return entry;
}

/* Whether the tables have a place for @pa. */
static bool is_in_reach(phys_addr_t pa)
{
	enum vctx_page_level above = vctx_backend->format->top_level + 1;

	return !(pa >> (PAGE_SHIFT + 9 * above));
}

/*
 * Map the page of @level around @pa; where a part of that page is mapped already, a
 * smaller one.  A leaf that is there already is left alone.
 */
static int map(phys_addr_t pa, enum vctx_page_level level, bool ram)
{
	enum vctx_page_level at = vctx_backend->format->top_level;
	u64 *table = root, *entry;

	if (!is_in_reach(pa))
		return -EFAULT;
	for (;;) {
		entry = entry_in(table, pa, at);
		if (*entry && is_leaf(*entry, at))
			return 0;
		if (!*entry && at <= level)
			break;
		if (!*entry) {
			u64 *new = alloc_table();

			if (!new)
				return -ENOMEM;
			WRITE_ONCE(*entry, __pa(new) | vctx_backend->format->table);
		}
		table = table_of(*entry);
		at--;
	}
	WRITE_ONCE(*entry, leaf(pa, at, ram));
	return 0;
}

/* The largest page that starts at @pa and ends at or before @end. */
static enum vctx_page_level fit(phys_addr_t pa, phys_addr_t end)
{
	enum vctx_page_level level = vctx_backend->format->max_level;

	while (level > VCTX_LEVEL_4K &&
	       (!IS_ALIGNED(pa, level_size(level)) ||
		pa + level_size(level) > end))
		level--;
	return level;
}

static int map_ram(struct resource *res, void *unused)
{
	phys_addr_t pa = ALIGN(res->start, PAGE_SIZE);
	phys_addr_t end = ALIGN_DOWN(res->end + 1, PAGE_SIZE);

	while (pa < end) {
		enum vctx_page_level level = fit(pa, end);
		int ret = map(pa, level, true);

		if (ret) {
			pr_err("RAM at %pa cannot be mapped (%d)\n", &pa, ret);
			return ret;
		}
		pa += level_size(level);
		cond_resched();
	}
	return 0;
}

/* The largest page around @pa without any RAM in it. */
static enum vctx_page_level fit_io(phys_addr_t pa)
{
	enum vctx_page_level level = vctx_backend->format->max_level;

	while (level > VCTX_LEVEL_4K &&
	       region_intersects(ALIGN_DOWN(pa, level_size(level)),
				 level_size(level), IORESOURCE_SYSTEM_RAM,
				 IORES_DESC_NONE) != REGION_DISJOINT)
		level--;
	return level;
}

/**
 * vctx_idmap_fault - map what the guest has touched
 * @gpa: the guest-physical address, which was not mapped
 *
 * May sleep.  Return: 0, also if another CPU was quicker, or if the map has ended since
 * the context did; -ENOMEM; -EFAULT if the tables have too few levels for @gpa.
 */
int vctx_idmap_fault(phys_addr_t gpa)
{
	bool ram = page_is_ram(PHYS_PFN(gpa));
	enum vctx_page_level level = ram ? VCTX_LEVEL_4K : fit_io(gpa);
	int ret;

	mutex_lock(&lock);
	ret = root ? map(gpa, level, ram) : 0;
	mutex_unlock(&lock);
	return ret;
}

/* Whether there is a map, which the caller keeps from being freed. */
bool vctx_idmap_exists(void)
{
	return READ_ONCE(root);
}

/* The physical address of the top-level table of the map, which exists. */
phys_addr_t vctx_idmap_root(void)
{
	return __pa(root);
}

/* How much memory the map takes; 0 if there is none. */
u64 vctx_idmap_bytes(void)
{
	return READ_ONCE(tables) * PAGE_SIZE;
}

static void free_table(u64 *table, enum vctx_page_level level)
{
	int i;

	for (i = 0; i < 512; i++)
		if (table[i] && !is_leaf(table[i], level))
			free_table(table_of(table[i]), level - 1);
	free_page((unsigned long)table);
	WRITE_ONCE(tables, tables - 1);
}

static void free_all(void)
{
	if (root)
		free_table(root, vctx_backend->format->top_level);
	WRITE_ONCE(root, NULL);
}

static int build(void)
{
	int ret;

	lockdep_assert_held(&lock);
	WRITE_ONCE(root, alloc_table());
	if (!root)
		return -ENOMEM;
	ret = walk_iomem_res_desc(IORES_DESC_NONE,
				  IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
				  0, -1, NULL, map_ram);
	if (ret)
		free_all();
	return ret;
}

/**
 * vctx_idmap_build - have the identity map, unless it exists already
 *
 * May sleep.  The map exists until vctx_idmap_free().  Return: 0; -ENOMEM; -EFAULT if the
 * tables have too few levels for the machine's RAM.
 */
int vctx_idmap_build(void)
{
	int ret;

	mutex_lock(&lock);
	ret = root ? 0 : build();
	mutex_unlock(&lock);
	return ret;
}

/**
 * vctx_idmap_free - end the identity map, if it exists; may sleep
 *
 * No CPU is enabled, and each flushes what it has cached of the map when it is enabled
 * again.
 */
void vctx_idmap_free(void)
{
	mutex_lock(&lock);
	free_all();
	mutex_unlock(&lock);
}
