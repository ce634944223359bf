/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * On which CPUs the back end is enabled, against contexts that begin and end, CPUs that
 * come and go, and a reboot: kmod/power.c, and the load of a run loop (vmx/guest.h, svm/guest.h).
 *
 * The guest is entered on a CPU that is enabled only.  While there is a context, all CPUs that run
 * threads are enabled, unless the machine goes down; in the end, no CPU is enabled without
 * a context, or after a reboot.  CPU 1 goes offline and comes back; CPU 0 refuses to be enabled
 * once, maybe.  Without -DREBOOT all comes to rest with nobody rebooting.
 *
 * Cases, which ./run reads:
 *
 * holds
 * holds -DREBOOT
 * fails -DREBOOT -DNO_LOOK_AT_LOAD	load() does not look whether the CPU is enabled
 * fails -DINTERRUPTS_ON	interrupts are on between load() and the entry
 * fails -DGET_NO_LOOK		vctx_power_get() does not look at users again under users_lock
 * fails -DGET_NO_HOTPLUG_LOCK	vctx_power_get() does not take cpus_read_lock()
 * fails -DPUT_NO_HOTPLUG_LOCK	vctx_power_put() does not take cpus_read_lock()
 * fails -DPUT_NO_MUTEX		vctx_power_put() disables the CPUs without users_lock
 * fails -DUSERS_FIRST		vctx_power_get() counts itself before it enables the CPUs
 * fails -DERROR_IGNORED	enable_all() disables no CPU after an error
 * fails -DREBOOT -DREBOOT_NO_FLAG	reboot() does not set going_down
 * fails -DREBOOT -DREBOOT_FLAG_LAST	reboot() sets it after it has disabled the CPUs
 * fails -DREBOOT -DREBOOT_NO_BARRIER	reboot() has no barrier after it
 */
#define NCPUS 2
#define CPUS 1
#define REBOOTER 0
#define LOCATIONS 1
#define GOING_DOWN 0

/* Threads that have a context for a while, and all processes that come to rest. */
#ifdef REBOOT
#define USERS 1
#define ALL 3
#else
#define USERS 2
#define ALL 3
#endif

#include "tso.pml"

bool on[NCPUS];			/* the back end is enabled */
bool online[NCPUS] = true;
bool usable[NCPUS] = true;	/* threads run there */
bool interrupts_off[NCPUS];	/* in the run loop */
bool refuses = true;		/* cpu_enable() of CPU 0 may fail */

byte users, owed;
bool work, working;		/* put_work is queued; it runs */
bool users_lock;
byte hotplug_readers;
bool hotplug_writer;
byte contexts;			/* those that have the hardware */
byte rested;			/* processes that have come to their ends */

inline cpus_read_lock() { atomic { !hotplug_writer -> hotplug_readers++ } }
inline cpus_read_unlock() { hotplug_readers-- }
inline mutex_lock() { atomic { !users_lock -> users_lock = true } }
inline mutex_unlock() { users_lock = false }

/* cpu_enable(), in an interrupt of the CPU, if it is online */
inline cpu_enable(c)
{
	if
	:: atomic {
		online[c] && !interrupts_off[c] ->
		if
		:: memory[GOING_DOWN] -> error = true
		:: !memory[GOING_DOWN] -> on[c] = true
		:: c == 0 && refuses -> refuses = false; error = true
		fi
	   }
	:: !online[c]
	fi
}

/* cpu_disable(), in the same way */
inline cpu_disable(c)
{
	if
	:: atomic { online[c] && !interrupts_off[c] -> on[c] = false }
	:: !online[c]
	fi
}

/* on_each_cpu(cpu_disable) */
inline disable_all()
{
	cpu_disable(0);
	cpu_disable(1)
}

inline enable_all()
{
	cpu_enable(0);
	cpu_enable(1);
#ifndef ERROR_IGNORED
	if
	:: error -> disable_all()
	:: else
	fi
#endif
}

/* vctx_power_get(); error is what it returns. */
inline power_get()
{
	error = false;
	if
	:: atomic { users > 0 -> users++ }
	:: users == 0 ->
#ifndef GET_NO_HOTPLUG_LOCK
		cpus_read_lock();
#endif
		mutex_lock();
		if
#ifndef GET_NO_LOOK
		:: atomic { users > 0 -> users++ }
		:: users == 0 ->
#else
		:: true ->
#endif
#ifdef USERS_FIRST
			users = 1;
#endif
			enable_all();
			if
			:: !error -> users = 1
			:: else
			fi
		fi;
		mutex_unlock();
#ifndef GET_NO_HOTPLUG_LOCK
		cpus_read_unlock()
#endif
	fi;
	if
	:: !error -> contexts++
	:: else
	fi
}

/* vctx_power_put() */
inline power_put()
{
	if
	:: atomic { users > 1 -> users-- }
	:: users <= 1 ->
#ifndef PUT_NO_HOTPLUG_LOCK
		cpus_read_lock();
#endif
		/* atomic_dec_and_mutex_lock() */
		if
		:: atomic { users > 1 -> users-- }
		:: users <= 1 ->
#ifndef PUT_NO_MUTEX
			mutex_lock();
#endif
			users--;
			if
			:: users == 0 -> disable_all()
			:: else
			fi;
#ifndef PUT_NO_MUTEX
			mutex_unlock()
#endif
		fi;
#ifndef PUT_NO_HOTPLUG_LOCK
		cpus_read_unlock()
#endif
	fi
}

/* vctx_power_put_deferred() */
inline power_put_deferred()
{
	if
	:: atomic { users > 1 -> users-- }
	:: users <= 1 -> owed++; work = true
	fi
}

/* A thread that has a context for a while. */
active [USERS] proctype user()
{
	bool error;

	power_get();
	if
	:: !error ->
		if
		:: contexts--; power_put()
		:: contexts--; power_put_deferred()
#ifdef REBOOT
		:: true			/* it has its context until the machine is down */
#endif
		fi
	:: else
	fi;
	rested++
}

/* put_owed() */
active proctype worker()
{
	byte n;

end:	do
	:: atomic { work -> work = false; working = true };
	   atomic { n = owed; owed = 0 };
	   do
	   :: n > 0 -> power_put(); n--
	   :: n == 0 -> break
	   od;
	   working = false
	od
}

/* The run loop, with any thread that has a context. */
inline run_loop(c)
{
	atomic { usable[c] && contexts > 0 -> interrupts_off[c] = true };
	atomic {
#ifndef REBOOT
		assert(on[c] || contexts == 0);
#endif
#ifdef NO_LOOK_AT_LOAD
		may_enter = true
#else
		may_enter = on[c]
#endif
	};
#ifdef INTERRUPTS_ON
	interrupts_off[c] = false;
	interrupts_off[c] = true;
#endif
	assert(on[c] || !may_enter);
	interrupts_off[c] = false
}

active proctype cpu_0()
{
	bool may_enter;

end:	do
	:: run_loop(0)
	od
}

active proctype cpu_1()
{
	bool may_enter;

end:	do
	:: run_loop(1)
	od
}

/* CPU 1 goes offline and comes back. */
active proctype hotplug()
{
	bool error;

	atomic { !hotplug_writer && hotplug_readers == 0 -> hotplug_writer = true };
	usable[1] = false;
	!interrupts_off[1];	/* the scheduler takes the thread elsewhere */
	/* take_down() */
	cpu_disable(1);
	online[1] = false;
	hotplug_writer = false;

	atomic { !hotplug_writer && hotplug_readers == 0 -> hotplug_writer = true };
	online[1] = true;
	/* bring_up() */
	if
	:: users > 0 -> cpu_enable(1)
	:: users == 0
	fi;
	usable[1] = true;
	hotplug_writer = false;
	rested++
}

#ifdef REBOOT
active proctype rebooter()
{
#ifdef REBOOT_FLAG_LAST
	disable_all();
#endif
#ifndef REBOOT_NO_FLAG
	store(REBOOTER, GOING_DOWN, 1);
#endif
#ifndef REBOOT_NO_BARRIER
	barrier(REBOOTER);
#endif
#ifndef REBOOT_FLAG_LAST
	disable_all();
#endif
	rested++
}
#endif

/* When all have come to rest. */
active proctype rest()
{
	atomic {
		rested == ALL && !work && !working && len(buffer[REBOOTER]) == 0 ->
		assert(!on[0] && !on[1]);
#ifndef REBOOT
		assert(users == 0 && owed == 0)
#endif
	}
}
