/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two threads ring, and the thread that has the bell takes the rings: kmod/bell.c and
 * lib/bell_entry.S.  The thread may be interrupted between any two of its instructions, and
 * is whenever it has been asked to look.
 *
 * No ring is lost: once all have rung and the thread computes or waits, nothing is pending.
 * No frame is overwritten while it is needed.
 *
 * Cases, which ./run reads:
 *
 * holds
 * fails -DASKED_LATE		on_work() clears asked after the hook has looked
 * fails -DWORK_NO_BARRIER	on_work() has no barrier after it clears asked
 * fails -DTAIL_NO_LOOK		the handler's code does not look again after it clears in_handler
 * fails -DCLEAR_EARLY		the handler's code clears in_handler while it needs the frame
 * fails -DWAIT_NO_BARRIER	wait_for_ring() looks without a barrier after it sets waits
 * fails -DNO_WAKE		vctx_bell_ring() wakes nobody
 */
#define CPUS 3
#define OWNER 2
#define LOCATIONS 2
#define ASKED 0
#define WAITS 1

#include "tso.pml"

#define RINGS 2

bool pending;			/* changed by locked instructions only */
bool work;			/* the thread has work, and is interrupted for it */
bool in_handler;		/* only the thread's own CPU reads and writes it */
bool frame;			/* the frame, or what is below it, is needed */
bool asleep;
bool entered;			/* the thread is to go on at the entry */
byte rung;			/* ringers that are done */

/* The hook. */
inline deliver()
{
	if
	:: pending && !in_handler ->
		assert(!frame);
		frame = true;
		in_handler = true;
		entered = true
	:: else
	fi
}

/* What an interrupt, or the way back from a system call, does if there is work. */
inline look()
{
	if
	:: work ->
		work = false;
#ifndef ASKED_LATE
		store(OWNER, ASKED, 0);
#ifndef WORK_NO_BARRIER
		barrier(OWNER);
#endif
		deliver()
#else
		deliver();
		store(OWNER, ASKED, 0);
		barrier(OWNER)
#endif
	:: else
	fi
}

/* Between two instructions of user mode. */
inline instruction()
{
	look()
}

proctype ringer(byte cpu)
{
	byte i;
	bool was;

	for (i : 1 .. RINGS) {
		atomic {
			was = pending;
			pending = true
		}
		if
		:: !was ->
			atomic {
				barrier(cpu);
				was = memory[ASKED];
				memory[ASKED] = 1
			}
			if
			:: !was -> work = true
			:: else
			fi;
#ifndef NO_WAKE
			load(cpu, was, WAITS);
			if
			:: was -> asleep = false
			:: else
			fi
#endif
		:: else
		fi
	}
	rung++
}

proctype owner()
{
	bool took;

main:	do
	:: entered ->
		entered = false;
again:		/* vctx_bell_handle() */
		do
		:: atomic {
			took = pending;
			pending = false
		   }
		   instruction();
		   if
		   :: took
		   :: else -> break
		   fi
		od;
#ifndef CLEAR_EARLY
		frame = false;
#endif
		in_handler = false;
		instruction();
		if
		:: entered -> entered = false; goto again
		:: else
		fi;
#ifndef TAIL_NO_LOOK
		if
		:: pending ->
			instruction();
			if
			:: entered -> entered = false
			:: else ->
				in_handler = true;
				frame = true
			fi;
			goto again
		:: else
		fi;
		instruction();
		if
		:: entered -> entered = false; goto again
		:: else
		fi;
#endif
		/* IRETQ */
#ifdef CLEAR_EARLY
		frame = false
#else
		skip
#endif
	:: !entered && work -> look()
	:: !entered && !work && !pending && rung < 2 ->
		/* VCTX_IOC_BELL_WAIT */
		store(OWNER, WAITS, 1);
		asleep = true;
#ifndef WAIT_NO_BARRIER
		barrier(OWNER);
#endif
		if
		:: pending -> asleep = false
		:: else
		fi;
		!asleep || rung == 2;
		assert(!asleep || !pending);
		asleep = false;
		store(OWNER, WAITS, 0);
		barrier(OWNER);
		/* It looks, whether it has work or not. */
		deliver()
	:: !entered && !work && rung == 2 ->
		if
		:: !work -> break
		:: else
		fi
	od;
	assert(!pending)
}

init {
	atomic {
		run ringer(0);
		run ringer(1);
		run owner()
	}
}
