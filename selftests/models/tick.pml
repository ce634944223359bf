/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPU that holds its tick, against threads that are woken up for it or moved to it,
 * against a change of the policy, and against a CPU that goes idle and leaves it a timer:
 * kmod/tick.c, kmod/tick_kick.c, kmod/tick_remote.c.
 *
 * While the tick is held, no thread may wait in the run queue of the CPU, and the hold may
 * not go beyond a timer of an idle CPU: either the CPU has seen it before it entered the
 * guest, or an interrupt is on its way.  The scheduler's
 * tracepoint sched_wakeup comes when the thread is in the run queue, but sched_migrate_task
 * comes before that.  The model takes for granted that less than a tick passes from
 * there to the run queue.  A wake-up that the scheduler leaves to the CPU itself is not
 * here: its interrupt ends the stay anyway.  Nor is the count of contexts that may hold the tick:
 * a new one holds it only after a tick, which takes the lock of the run queue.
 *
 * Cases, which ./run reads:
 *
 * holds
 * holds -DPOLICY
 * holds -DIDLE
 * fails -DARM_NO_BARRIER	vctx_tick_kick_arm() has no barrier after it arms
 * fails -DKICK_NO_BARRIER	kick_cpu() has no barrier before it looks whether the holder is armed
 * fails -DNO_LOOK		vctx_tick_kick_arm() does not look for other threads
 * fails -DLOOK_FIRST		it looks for them before it arms
 * fails -DNO_KICK		on_wakeup() does not kick
 * fails -DMOVE_NO_KICK		on_migrate() does not kick
 * fails -DMOVE_UNSEEN		hold() does not look whether a thread was about to come
 * fails -DONE_TICK		the first tick after a move makes the CPU ready
 * fails -DKICK_UNCLAIMED	kick_cpu() does not claim the call before it sends it
 * fails -DPOLICY -DPOLICY_UNSEEN	hold() does not look at the policy again after the kick is armed
 * fails -DIDLE -DIDLE_NO_BARRIER	set_first() has no barrier before it looks whether the holder is armed
 * fails -DIDLE -DARM_NO_BARRIER	vctx_tick_kick_arm() has none after it arms
 * fails -DIDLE -DIDLE_NO_KICK	set_first() does not kick
 * fails -DIDLE -DIDLE_UNSEEN	hold() does not look at the timers of idle CPUs
 * fails -DIDLE -DIDLE_SEEN_FIRST	it looks at them before the kick is armed
 * fails -DIDLE -DUNTIL_LAST	the end of the hold is written after it arms
 * fails -DIDLE -DUNTIL_KEPT	it is written only when the timers have been looked at
 * fails -DIDLE -DUNTIL_EARLY	it is taken back before they have been looked at
 */
#define CPUS 4
#define HOLDER 0
#define WAKER 1
#define MOVER 2
#define ADMIN 3
#define IDLER 3

#define LOCATIONS 6
#define ARMED 0		/* whether the holder is armed */
#define OTHERS 1	/* threads in the holder's run queue, beside the one that runs */
#define LOCKED 2	/* the lock of that run queue */
#define FORBIDDEN 3	/* the policy does not let the holder hold its tick */
#define FIRST 4		/* an idle CPU has a timer that is due soon */
#define UNTIL 5		/* the hold may last longer than that */

#include "tso.pml"

byte moves;		/* how many threads were about to move to the holder; atomic_t */
bool held;		/* the holder's tick is held */
/* A kick for a thread, or with IDLE one for a timer; each has a call of its own. */
bool kicking;		/* the call is claimed */
bool csd_locked;	/* CSD_FLAG_LOCK of the call */
bool queued;		/* the call is in the holder's queue, and its interrupt is pending */
bool kicked_all;	/* the call of vctx_tick_kick_all() is in the queue */
bool woken, moved;	/* the threads have come, and all has been done about it */
bool changed;		/* the policy has been changed */
bool left;		/* an idle CPU has left its timer to the busy ones */
bool beyond;		/* the hold goes beyond that timer */

/* The way of a thread that moves: 1 has begun, 2 is for longer than until the next tick. */
byte on_the_way;

/* ---- the holder ---- */

/* vctx_tick_kick_disarm() */
#define disarm() store(HOLDER, ARMED, 0)

/* vctx_tick_kick_arm(); others is what it returns, the other way round. */
inline arm()
{
#ifdef LOOK_FIRST
	load(HOLDER, others, OTHERS);
#endif
#if defined(IDLE) && !defined(UNTIL_LAST) && !defined(UNTIL_KEPT)
	store(HOLDER, UNTIL, far);
#endif
#ifdef ARM_NO_BARRIER
	store(HOLDER, ARMED, 1);
#else
	locked_store(HOLDER, ARMED, 1);
#endif
#if defined(IDLE) && defined(UNTIL_LAST)
	store(HOLDER, UNTIL, far);
#endif
#if !defined(NO_LOOK) && !defined(LOOK_FIRST)
	load(HOLDER, others, OTHERS);
#endif
	if
	:: others -> disarm()
	:: else
	fi
}

#ifdef MOVE_UNSEEN
#define MOVED false
#else
#define MOVED (moves != seen)
#endif

/* bound_by_others() in tick.c, and vctx_tick_kick_until() */
inline bound()
{
#ifdef IDLE
#ifdef UNTIL_EARLY
	store(HOLDER, UNTIL, 0);
#endif
#ifdef IDLE_UNSEEN
	beyond = far;
#else
	load(HOLDER, x, FIRST);
	beyond = far && !x;
	x = 0;
#endif
	store(HOLDER, UNTIL, beyond)
#else
	skip
#endif
}

/* hold() in tick.c */
inline hold()
{
	load(HOLDER, x, FORBIDDEN);
	if
	:: ready && !x ->
#ifdef IDLE
		/* bound_now(): the hold may be a short one for another reason. */
		if
		:: far = true
		:: far = false
		fi;
#endif
#ifdef IDLE_SEEN_FIRST
		bound();
#endif
		arm();
		if
		:: others
		:: else ->
#ifndef POLICY_UNSEEN
			load(HOLDER, x, FORBIDDEN);
#endif
			if
			:: x || MOVED -> disarm()
			:: else ->
#ifndef IDLE_SEEN_FIRST
				bound();
#endif
				held = true
			fi
		fi
	:: else
	fi;
	others = 0;
	far = false;
	x = 0
}

#ifdef ONE_TICK
#define QUIET true
#else
#define QUIET (moves == seen)
#endif

/* A tick has interrupted the guest: vctx_tick_after_interrupt(). */
inline tick()
{
	atomic {
		on_the_way != 2 ->
		if
		:: on_the_way == 1 -> on_the_way = 2
		:: else
		fi;
		ready = QUIET;
		seen = moves
	}
}

/* The kernel takes the interrupts that are pending. */
inline take_interrupts()
{
	if
	:: queued ->
		d_step { queued = false; csd_locked = false };
		kicking = false;
#ifndef IDLE
		/* on_kick() in tick.c; after a kick for a timer the CPU may hold its tick again. */
		ready = false
#endif
	:: else
	fi;
	if
	:: kicked_all -> d_step { kicked_all = false; ready = false }
	:: else
	fi
}

/* An interrupt is on its way, or about to be sent. */
#define PENDING (kicking || csd_locked || kicked_all)

#define WAITS (woken && len(buffer[WAKER]) == 0 || moved && len(buffer[MOVER]) == 0)

active proctype holder()
{
	bool ready, far;
	byte seen, others, x;

end:	do
	:: hold();
	   /* In the guest; a tick may have come meanwhile. */
	   if
	   :: atomic { held && !PENDING -> assert(!WAITS && !changed && !(left && beyond)) }
	   :: true		/* an exit, by a kick or by something else */
	   :: !held -> tick()
	   fi;
	   /* vctx_tick_give_back() */
	   if
	   :: held -> disarm(); held = false
	   :: else
	   fi;
	   take_interrupts()
	od
}

/* ---- those who give it another thread ---- */

/* smp_call_function_single_async(): it neither looks nor locks atomically. */
inline call(cpu)
{
	if
	:: csd_locked
	:: !csd_locked ->
		csd_locked = true;
		atomic { assert(!queued); queued = true }
	fi
}

#ifdef KICK_UNCLAIMED
#define CLAIMED false
#else
#define CLAIMED kicking
#endif

inline send_kick(cpu)
{
	atomic { barrier(cpu); mine = !CLAIMED; kicking = true };
	if
	:: mine -> call(cpu)
	:: else
	fi
}

/* kick_cpu() */
inline kick_cpu(cpu)
{
#ifndef KICK_NO_BARRIER
	barrier(cpu);
#endif
	load(cpu, x, ARMED);
	if
	:: x -> send_kick(cpu)
	:: else
	fi;
	d_step { x = 0; mine = false }
}

inline lock(cpu)
{
	atomic { barrier(cpu) && memory[LOCKED] == 0 -> memory[LOCKED] = 1 }
}

#define unlock(cpu) store(cpu, LOCKED, 0)

inline enqueue(cpu)
{
	load(cpu, x, OTHERS);
	store(cpu, OTHERS, x + 1);
	x = 0
}

/* An idle CPU is looked at alone, for the threads change nothing about it. */
#ifndef IDLE
active proctype waker()
{
	byte x;
	bool mine;

	lock(WAKER);
	enqueue(WAKER);
#ifndef NO_KICK
	kick_cpu(WAKER);
#endif
	unlock(WAKER);
	woken = true
}

active proctype mover()
{
	byte x;
	bool mine;

	/* on_migrate() */
	atomic { barrier(MOVER); moves++; on_the_way = 1 }
#ifndef MOVE_NO_KICK
	kick_cpu(MOVER);
#endif
	lock(MOVER);
	enqueue(MOVER);
	unlock(MOVER);
	atomic { barrier(MOVER); on_the_way = 0 };
	moved = true
}
#endif

#ifdef IDLE
/* set_first() in tick_remote.c, and vctx_tick_kick_beyond() */
inline go_idle()
{
	store(IDLER, FIRST, 1);
#ifndef IDLE_NO_BARRIER
	barrier(IDLER);
#endif
#ifndef IDLE_NO_KICK
	load(IDLER, x, ARMED);
	if
	:: x ->
		load(IDLER, x, UNTIL);
		if
		:: x -> send_kick(IDLER)
		:: else
		fi
	:: else
	fi;
	d_step { x = 0; mine = false };
#endif
	left = true
}

/* It has a tick of its own while it is busy: on_active() in tick_remote.c. */
active proctype idler()
{
	byte x;
	bool mine;

	go_idle();
	left = false;
	store(IDLER, FIRST, 0);
	go_idle()
}
#endif

/* vctx_netlink_policy_set() */
#ifdef POLICY
active proctype admin()
{
	byte x;

	store(ADMIN, FORBIDDEN, 1);
	/* kernel_param_unlock() */
	barrier(ADMIN);
	/* vctx_tick_kick_all() */
	load(ADMIN, x, ARMED);
	if
	:: x -> kicked_all = true
	:: else
	fi;
	changed = true
}
#endif
