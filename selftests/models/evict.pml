/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An eviction of all contexts, against threads that run, fork, enter, and wait for their
 * mmu_notifier: kmod/evict.c, kmod/context.c, kmod/cpu.c, kmod/inherit.c, kmod/shootdown.c.
 *
 * Thread 0 has a context and may fork once; thread 1 is its child, which inherits the context.
 * With -DENTER thread 1 is another thread, which enters a context while the administrator first
 * disables contexts by the policy and then evicts all.  With -DNOTIFIER contexts begin
 * with the hook of shootdown.c.  With -DADAPTIVE they are adaptive, and begin without a hook
 * on the CPU.  Each thread has a CPU of its own.
 *
 * When the interrupts of an eviction have been taken, no marked context is in the guest, or
 * gets there.  When the eviction is over, no context at all gets there, and a context that is
 * left has ended before its thread is in user mode again.  What is taken off a thread is on
 * it, and no CPU runs it.
 *
 * Cases, which ./run reads:
 *
 * holds
 * holds -DENTER
 * holds -DNOTIFIER
 * holds -DADAPTIVE
 * holds -DADAPTIVE -DNOTIFIER
 * fails -DADAPTIVE -DLOOK_NO_HOOK	vctx_cpu_hook() puts on the run loop, whatever hook the context has
 * fails -DADAPTIVE -DATTACH_NO_LOOK	vctx_cpu_attach() puts no hook on, whatever hook the context has
 * fails -DADAPTIVE -DATTACH_NO_BARRIER	vctx_cpu_attach() has no barrier after it sets vctx_cpu.ctx
 * fails -DATTACH_NO_BARRIER	vctx_cpu_attach() has no barrier after it sets vctx_cpu.ctx
 * fails -DEVICT_NO_BARRIER	neither mark_all() nor vctx_evict() has a barrier
 * fails -DMARK_NO_BARRIER	mark_all() has no barrier between two passes
 * fails -DONE_PASS		mark_all() goes through the contexts once
 * fails -DINHERIT_NO_BARRIER	vctx_context_inherit() has no barrier before it looks for the mark
 * fails -DINHERIT_NO_LOOK	vctx_context_inherit() does not look for the parent's mark
 * fails -DNOT_IN_USE		the context of a child is not in use while it is made
 * fails -DNO_KICK		vctx_evict() does not interrupt CPUs
 * fails -DKICK_NO_HOOK		kick() does not set the hook of the CPU
 * fails -DNO_STOP		take_off() does not stop the machine
 * fails -DENTER -DENTER_NO_LOOK	alloc() does not look at the policy again
 * fails -DENTER -DENTER_NO_BARRIER	alloc() has no barrier before it does so
 * fails -DNOTIFIER -DHOOK_STORED	get() stores the hook without cmpxchg()
 * fails -DNOTIFIER -DNATIVE_UNSEEN	get() replaces the hook of the CPU without a look at the mark
 */
#define THREADS 2
#define CPUS 3
#define EVICTOR 2

/* The hooks; 0 is the run loop. */
#define NOTIFY 1	/* on_user_return() in shootdown.c */
#define END 2		/* on_user_return() in evict.c */
#define NATIVE 3	/* on_user_return_native() in shootdown.c */
#define OFF 4		/* none is on the CPU: the context is adaptive, and native */

/* Locations in memory: four for each context, and one. */
#define LOCATIONS 9
#define EVICTED(c) ((c) * 4)
#define HOOK(c) ((c) * 4 + 1)
#define RUNS(c) ((c) * 4 + 2)	/* vctx_cpu.ctx of the thread's CPU */
#define LISTED(c) ((c) * 4 + 3)	/* on the list of all contexts */
#define DISABLED 8		/* the policy lets nobody enter */

#include "tso.pml"

#ifdef NOTIFIER
#define FIRST_HOOK NOTIFY
#else
#define FIRST_HOOK 0
#endif

/* What a thread changes itself, with preemption off, and others change in stop_machine(). */
bool has_context[THREADS];	/* on the thread's list of preempt notifiers */
bool in_use[THREADS];
bool on_cpu[THREADS];		/* vctx_cpu_attach() was called for it */
byte cpu_hook[THREADS];		/* vctx_cpu.hook of the CPU */
bool native[THREADS];		/* vctx_context.native */

bool begun[THREADS];		/* the thread runs, or has ended */
bool parked[THREADS];		/* it is scheduled out */
bool interrupts_off[THREADS];	/* on its CPU */
bool kicked[THREADS];		/* kick() is pending on its CPU */
bool stop;			/* stop_machine() wants all threads scheduled out */
bool told;			/* all CPUs have had their interrupts */
bool over;			/* the eviction is over */

/* ---- a thread ---- */

/* vctx_cpu_attach() */
inline attach(c)
{
	if
	:: has_context[c] ->
		interrupts_off[c] = true;
		store(c, RUNS(c), 1);
#ifndef ATTACH_NO_BARRIER
		barrier(c);
#endif
		atomic {
			if
#ifdef ATTACH_NO_LOOK
			:: native[c] -> cpu_hook[c] = OFF
#else
			:: native[c] && memory[HOOK(c)] == 0 -> cpu_hook[c] = OFF
#endif
			:: else -> cpu_hook[c] = memory[HOOK(c)]
			fi;
			on_cpu[c] = true
		};
		interrupts_off[c] = false
	:: else
	fi
}

/* vctx_cpu_detach() */
inline detach(c)
{
	if
	:: on_cpu[c] -> atomic { store(c, RUNS(c), 0); on_cpu[c] = false }
	:: else
	fi
}

/* It is scheduled out and, unless the machine is stopped, in. */
inline wait(c)
{
	detach(c);
	atomic { barrier(c); parked[c] = true };
	atomic { !stop; parked[c] = false };
	attach(c)
}

/* That may happen any time in a call, unless preemption is off. */
inline schedule(c)
{
	if
	:: true
	:: stop -> wait(c)
	fi
}

/* vctx_context_use() */
#define use(c) in_use[c] = has_context[c]

/* vctx_context_unuse() */
#define unuse(c) in_use[c] = false

/* vctx_context_end(), in the hook */
inline end_context(c)
{
	store(c, LISTED(c), 0);
	detach(c);
	has_context[c] = false
}

/* The run loop and a stay in the guest. */
inline guest(c)
{
	do
	:: assert(!told || !memory[EVICTED(c)]);
	   assert(!over)
	:: break
	od
}

#ifdef LOOK_NO_HOOK
#define hook_found(c) 0
#else
#define hook_found(c) memory[HOOK(c)]
#endif

/* vctx_cpu_hook(), in an interrupt of user mode: of the tick, or as kick() asks for it */
inline look(c)
{
	atomic {
		assert(!over || !memory[EVICTED(c)]);
		native[c] = false;
		cpu_hook[c] = hook_found(c)
	}
}

/* on_user_return() in adaptive.c, after a stay: vctx_cpu_unhook() or not */
inline stayed(c)
{
#ifdef ADAPTIVE
	if
	:: atomic { native[c] = true; cpu_hook[c] = OFF }
	:: true
	fi
#else
	skip
#endif
}

/* To user mode, and back. */
inline user_mode(c)
{
	interrupts_off[c] = true;
	if
	:: !has_context[c]
	:: has_context[c] && cpu_hook[c] == END -> end_context(c)
	:: has_context[c] && cpu_hook[c] == 0 -> guest(c); stayed(c)
	:: has_context[c] && cpu_hook[c] == OFF -> look(c)
	:: atomic {
		has_context[c] && (cpu_hook[c] == NATIVE || cpu_hook[c] == NOTIFY) ->
		assert(!over || !memory[EVICTED(c)])
	   }
	fi;
	interrupts_off[c] = false
}

/* The second half of alloc(), and what comes after it; by is the CPU that does it. */
inline publish(context, by)
{
#ifndef NOT_IN_USE
	in_use[context] = true;
#endif
	store(by, LISTED(context), 1)
}

/* on_fork() and vctx_context_inherit() */
inline fork()
{
	use(0);
	if
	:: has_context[0] ->
		publish(1, 0);
		schedule(0);
#ifndef INHERIT_NO_BARRIER
		barrier(0);
#endif
#ifndef INHERIT_NO_LOOK
		load(0, x, EVICTED(0));
#endif
		if
		:: x -> store(0, LISTED(1), 0)
		:: else -> schedule(0); has_context[1] = true
		fi;
		unuse(1)
	:: else
	fi;
	unuse(0);
	/* The child is woken up. */
	atomic { barrier(0); begun[1] = true }
}

/* The cmpxchg() of the thread's own hooks. */
#ifdef HOOK_STORED
#define replace_hook(c, old, new) store(c, HOOK(c), new)
#else
#define replace_hook(c, old, new) compare_and_swap(c, HOOK(c), old, new)
#endif

/* get() in shootdown.c, as get_work() calls it. */
inline get(c)
{
	use(c);
	schedule(c);
	if
	:: has_context[c] ->
		if
		:: true ->
			replace_hook(c, NOTIFY, 0);
			detach(c);
			attach(c)
		:: true ->		/* without memory */
#ifdef NATIVE_UNSEEN
			cpu_hook[c] = NATIVE
#else
			interrupts_off[c] = true;
			load(c, x, EVICTED(c));
			if
			:: x
			:: else -> cpu_hook[c] = NATIVE
			fi;
			interrupts_off[c] = false
#endif
		fi
	:: else
	fi;
	unuse(c);
	x = 0
}

/* on_exec() and vctx_shootdown_new_mm() */
inline new_mm(c)
{
	use(c);
	schedule(c);
	if
	:: has_context[c] ->
		replace_hook(c, 0, NOTIFY);
		detach(c);
		attach(c)
	:: else
	fi;
	unuse(c)
}

/* vctx_context_enter() and alloc() */
inline enter(c)
{
	load(c, x, DISABLED);
	if
	:: x
	:: else ->
		publish(c, c);
#ifndef ENTER_NO_BARRIER
		barrier(c);
#endif
#ifndef ENTER_NO_LOOK
		load(c, x, DISABLED);
#endif
		schedule(c);
		if
		:: x -> store(c, LISTED(c), 0)
		:: else ->
			has_context[c] = true;
			attach(c)
		fi;
		unuse(c)
	fi;
	x = 0
}

proctype thread(byte c)
{
	byte x;
	bool forked;

end:	begun[c];
	attach(c);
#ifdef ENTER
	if
	:: c == 1 -> enter(c)
	:: else
	fi;
#endif
	do
	:: user_mode(c)
	:: wait(c)
#ifdef NOTIFIER
	:: memory[HOOK(c)] == NOTIFY -> get(c)
	:: has_context[c] && memory[HOOK(c)] == 0 -> new_mm(c)
#endif
#if !defined(ENTER) && !defined(NOTIFIER)
	:: c == 0 && !forked -> fork(); forked = true
#endif
	:: has_context[c] -> end_context(c)	/* it leaves or exits */
	:: !has_context[c] && forked -> break
	od;
	atomic { barrier(c); parked[c] = true }
}

/* Interrupts of a thread's CPU: kick() in evict.c. */
proctype interrupts(byte c)
{
end:	do
	:: atomic {
		kicked[c] && !interrupts_off[c] ->
#ifndef KICK_NO_HOOK
		if
		:: on_cpu[c] && memory[EVICTED(c)] && cpu_hook[c] != OFF -> cpu_hook[c] = END
		:: else
		fi;
#endif
		kicked[c] = false
	   }
	od
}

/* ---- the eviction ---- */

/* mark_all() */
inline mark_all()
{
	do
	:: more = false;
	   for (c : 0 .. THREADS - 1) {
		load(EVICTOR, x, LISTED(c));
		if
		:: x && !marked[c] ->
			store(EVICTOR, EVICTED(c), 1);
			store(EVICTOR, HOOK(c), END);
			marked[c] = true;
			more = true
		:: else
		fi
	   };
#if !defined(MARK_NO_BARRIER) && !defined(EVICT_NO_BARRIER)
	   barrier(EVICTOR);
#endif
#ifdef ONE_PASS
	   more = false;
#endif
	   if
	   :: more
	   :: else -> break
	   fi
	od
}

/* on_each_cpu_cond(runs_marked, kick, NULL, true) */
inline kick_all()
{
	for (c : 0 .. THREADS - 1) {
		load(EVICTOR, x, RUNS(c));
		if
		:: x && marked[c] -> kicked[c] = true
		:: else
		fi
	};
	!kicked[0] && !kicked[1]
}

#define STOPPED(c) (parked[c] || !begun[c])

/* take_off(), of what count_marked() has found */
inline take_off()
{
	atomic {
		barrier(EVICTOR);
#ifndef NO_STOP
		STOPPED(0) && STOPPED(1) ->
#endif
		for (c : 0 .. THREADS - 1) {
			if
			:: memory[LISTED(c)] && memory[EVICTED(c)] && !in_use[c] ->
				assert(has_context[c] && !on_cpu[c]);
				memory[LISTED(c)] = 0;
				has_context[c] = false
			:: else
			fi
		};
		stop = false
	}
}

active proctype evictor()
{
	bool marked[THREADS], more;
	byte c, x;

	atomic {
		has_context[0] = true;
		begun[0] = true;
#ifdef ENTER
		begun[1] = true;
#endif
#ifdef ADAPTIVE
		native[0] = true;
		native[1] = true;
#endif
		memory[LISTED(0)] = 1;
		memory[HOOK(0)] = FIRST_HOOK;
		memory[HOOK(1)] = FIRST_HOOK;
		run thread(0);
		run thread(1);
		run interrupts(0);
		run interrupts(1)
	};
#ifdef ENTER
	/* vctx_policy_change_end() */
	store(EVICTOR, DISABLED, 1);
	barrier(EVICTOR);
#endif
	mark_all();
#ifndef EVICT_NO_BARRIER
	barrier(EVICTOR);
#endif
#ifndef NO_KICK
	kick_all();
#endif
	told = true;
	stop = true;
	take_off();
	over = true
}
