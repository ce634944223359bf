/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TLB tags of a CPU, against flushes by another CPU: kmod/tlb.c, kmod/tlb.h,
 * kmod/shootdown.c, kmod/cpu.c.
 *
 * One CPU runs the threads of three mms in contexts, with two tags; another CPU changes a page
 * table of the first mm and flushes.  When the flush is over, the page is freed: the
 * guest must not find it any more, and no mm must find what another has cached.
 * Without -DKICKS the kernel flushes by interrupts; with it no interrupt comes for a flush, and the
 * mmu_notifier of shootdown.c kicks.  With -DPAGING threads have nested paging in part: each must run
 * in its mode, and must not find what was cached in the other.
 *
 * Cases, which ./run reads:
 *
 * holds
 * holds -DKICKS
 * holds -DPAGING
 * fails -DNO_GENERATION	vctx_tlb_stale() does not compare tlb_gen
 * fails -DNO_ID		vctx_tlb_switch() does not compare ctx_id
 * fails -DREAD_TWICE		vctx_tlb_switch() reads tlb_gen again for what it notes
 * fails -DINTERRUPTS_ON	interrupts are on between vctx_tlb_prepare() and the entry
 * fails -DNO_FLUSH_INTERRUPT	no interrupt comes for a flush, and nobody kicks
 * fails -DKICKS -DATTACH_NO_BARRIER	vctx_cpu_attach() has no barrier after it sets vctx_cpu.mm
 * fails -DKICKS -DNO_WAIT	invalidate() does not wait for the CPUs that it kicks
 * fails -DKICKS -DNO_NOTIFIER	the guest is entered before get() has the mmu_notifier
 * fails -DKICKS -DKICK_FIRST	the notifier is called before tlb_gen is raised
 * fails -DPAGING -DNO_PAGING	vctx_tlb_switch() does not compare whether the tag is for nested paging
 * fails -DPAGING -DTAG_KEPT	vctx_tlb_set_paging() does not forget the tag of the next entry
 */
#ifdef PAGING
#define FLUSHES 1
#else
#define FLUSHES 2
#endif
#ifdef PAGING
#define MMS 2
#define PAGINGS 1
#else
#define MMS 3
#define PAGINGS 0
#endif
#define TAGS 2

#define FLUSHED 1	/* the mm whose page table changes */

/* CPUs */
#define CPUS 2
#define RUNNER 0
#define FLUSHER 1

/* Locations in memory. */
#define LOCATIONS 4
#define PTE 0		/* how often the page table of the mm has changed */
#define GENERATION 1	/* mm_context_t.tlb_gen of the mm */
#define RUNS 2		/* vctx_cpu.mm of the runner: 1 if it is the mm, else 0 */
#define NOTIFIER 3	/* the mm has an mmu_notifier of ours */

#include "tso.pml"

/* The kernel's mm_cpumask(): it has a full barrier after the change, as switch_mm() has. */
bool in_cpumask;
bool interrupted;	/* the flusher has sent an interrupt, and the runner has not taken it */
byte freed;		/* how many flushes are over */

/* What the processor has cached under each tag: the mm, PTE at that time, with nested paging or without. */
byte cached_mm[TAGS], cached_pte[TAGS], cached_nested[TAGS];

/* struct vctx_tlb_tag of each tag; the tag of the next entry. */
byte tag_id[TAGS], tag_generation[TAGS], tag_nested[TAGS], next_tag;
byte this_id, this_generation, this_nested, this_tag;

/* Whether the back end has made the guest one with nested paging. */
byte guest_nested;

/* The interrupt is taken by the kernel. */
inline take_interrupt()
{
	interrupted = false
}

inline read_generation(x)
{
	if
	:: mm == FLUSHED -> load(RUNNER, x, GENERATION)
	:: else -> x = 0
	fi
}

#ifdef NO_PAGING
#define SAME_PAGING(tag) true
#else
#define SAME_PAGING(tag) (tag_nested[tag] == this_nested)
#endif

/* find() in tlb.c */
inline find()
{
	d_step {
		if
		:: tag_id[0] == mm && SAME_PAGING(0) -> i = 0
		:: else -> if
		:: tag_id[1] == mm && SAME_PAGING(1) -> i = 1
		:: else -> i = next_tag; next_tag = 1 - next_tag
		fi
		fi
	}
}

#ifdef NO_ID
#define OTHER_ID false
#else
#define OTHER_ID (tag_id[i] != mm)
#endif

/* vctx_tlb_switch() */
inline tlb_switch()
{
	find();
	read_generation(generation);
	d_step {
		if
		:: OTHER_ID || !SAME_PAGING(i) || tag_generation[i] != generation -> cached_mm[i] = 0
		:: else
		fi
	}
#ifdef READ_TWICE
	read_generation(generation);
#endif
	d_step {
		tag_id[i] = mm;
		tag_generation[i] = generation;
		tag_nested[i] = this_nested;
		guest_nested = this_nested;
		this_id = mm;
		this_generation = generation;
		this_tag = i;
		i = 0;
	}
}

#ifdef NO_GENERATION
#define OTHER_GENERATION false
#else
#define OTHER_GENERATION (this_generation != generation)
#endif

/* vctx_tlb_prepare() */
inline tlb_prepare()
{
	read_generation(generation);
	if
	:: this_id != mm || OTHER_GENERATION -> tlb_switch()
	:: else
	fi
	generation = 0
}

/*
 * User mode reads the page: from the TLB, or by a walk that fills it.  An interrupt that was
 * sent need not have arrived.
 */
inline access()
{
	atomic {
		if
		:: cached_mm[this_tag] == 0 ->
			cached_mm[this_tag] = mm;
			cached_pte[this_tag] = (mm == FLUSHED -> memory[PTE] : 0);
			cached_nested[this_tag] = guest_nested
		:: else
		fi
		assert(guest_nested == nested);
		assert(cached_mm[this_tag] == mm && cached_nested[this_tag] == nested);
		assert(mm != FLUSHED || cached_pte[this_tag] >= freed)
	}
}

inline stay()
{
	do
	:: access()
	:: break
	od
}

/* vctx_tlb_set_paging() */
inline set_paging()
{
	d_step {
		if
		:: this_nested != nested ->
			this_nested = nested;
#ifndef TAG_KEPT
			this_id = 0
#endif
		:: else
		fi
	}
}

/* vctx_cpu_attach() and vctx_cpu_detach(), as far as others see them. */
#ifndef KICKS
#define attach() true
#define detach() true
#else
#ifndef ATTACH_NO_BARRIER
#define attach() store(RUNNER, RUNS, (mm == FLUSHED)); barrier(RUNNER)
#else
#define attach() store(RUNNER, RUNS, (mm == FLUSHED))
#endif
#define detach() store(RUNNER, RUNS, 0)
#endif

/* get() in shootdown.c; the cmpxchg() of the hook is a full barrier. */
inline get_notifier()
{
	store(RUNNER, NOTIFIER, 1);
	barrier(RUNNER);
	detach();
	attach();
	has_notifier = true
}

#if defined(KICKS) && !defined(NO_NOTIFIER)
#define MAY_ENTER (mm != FLUSHED || has_notifier)
#else
#define MAY_ENTER true
#endif

/* The run loop, from the hook to the native return: interrupts are off. */
inline run_loop()
{
	do
	:: tlb_prepare();
#ifdef INTERRUPTS_ON
	   if
	   :: interrupted -> take_interrupt()
	   :: true
	   fi;
#endif
	   stay();
	   if
	   :: true		/* the exit is handled in the loop: vctx_run_on() */
	   :: break
	   fi
	od
}

active proctype runner()
{
	byte mm, nested, generation, i;
	bool has_notifier;

end:	do
	:: select(mm : 1 .. MMS);
	   atomic { barrier(RUNNER); in_cpumask = (mm == FLUSHED) }
	   select(nested : 0 .. PAGINGS);
	   attach();
	   set_paging();
	   do
	   :: MAY_ENTER -> run_loop()
#ifdef KICKS
	   :: mm == FLUSHED && !has_notifier -> get_notifier()
#endif
	   :: interrupted -> take_interrupt()
	   :: break
	   od;
	   detach()
	od
}

/* The interrupt is sent; with a wait, it has been taken afterwards. */
inline interrupt()
{
	interrupted = true;
#ifndef NO_WAIT
	!interrupted
#endif
}

/* invalidate() */
inline invalidate()
{
	load(FLUSHER, x, NOTIFIER);
	if
	:: x ->
		load(FLUSHER, x, RUNS);
		if
		:: x -> interrupt()
		:: else
		fi
	:: else
	fi;
	x = 0
}

active proctype flusher()
{
	byte n, x;

	for (n : 1 .. FLUSHES) {
		store(FLUSHER, PTE, n);
#ifdef KICK_FIRST
		barrier(FLUSHER);
		invalidate();
#endif
		locked_store(FLUSHER, GENERATION, n);
#ifdef KICKS
#ifndef KICK_FIRST
		invalidate();
#endif
#else
#ifndef NO_FLUSH_INTERRUPT
		if
		:: in_cpumask -> interrupt()
		:: else
		fi;
#endif
#endif
		freed = n
	}
}
