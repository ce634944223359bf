/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Contexts that begin and end beside KVM, whose modules come and go and which runs virtual
 * machines, on one CPU: kmod/power.c, kmod/share.c, kmod/owner.c, and the stays of vmx/operation.c.
 * KVM enables virtualisation when its module is loaded, and its first virtual machine on a CPU flushes
 * all that is cached of guests.
 *
 * KVM never finds virtualisation enabled, so that it would refuse to load.  It never enters a
 * virtual machine where a context has run, and nobody has cleaned up, which only the probe does.
 * It never leaves VMX operation while the processor has cached what is in our VMCS.  No stay
 * takes part in KVM's operation without the probe.  Without contexts its module can be unloaded.
 *
 * Cases, which ./run reads:
 *
 * holds
 * fails -DGET_NO_BARRIER	vctx_share_get() has no barrier after it counts
 * fails -DNO_CHANGE		owner_changed() does not enable the CPUs anew
 * fails -DUSERS_LATE		vctx_power_get() counts itself after it has left users_lock
 * fails -DPUT_EARLY		vctx_power_put() does vctx_share_put() before it disables the CPUs
 * fails -DPUT_BY_WATCHING	vctx_share_put() does nothing if the probe is not attached yet
 * fails -DLINGER_NO_LOCK	linger() looks for users without the lock
 * fails -DSTAY_NO_LOOK		a stay takes part in KVM's operation without a look at the probe
 * fails -DNO_CLEAN		cpu_disable() leaves what is cached of contexts
 */
#define CPUS 3
#define LOADER 2
#define LOCATIONS 2
#define ENTRY 0			/* kvm_entry has been found */
#define USERS 1			/* of share.c */

#include "tso.pml"

#define CONTEXTS 2

/* Of power.c, share.c, owner.c. */
byte users;			/* contexts that have the hardware */
bool users_lock, share_lock;
bool kvm_loaded;
bool watching, lingering;
bool pinned;

/* Of the CPU. */
bool on, per_stay, cpu_pinned;
bool mine;			/* a context has run, and no virtual machine since */
bool cached;			/* the processor has the VMCS in its cache */
bool kvm_on;			/* KVM has enabled virtualisation */
bool busy;			/* interrupts are off */

byte ended;			/* contexts that have come to their ends */

#define lock(l) atomic { !l -> l = true }
#define unlock(l) l = false

/* cpu_disable() and cpu_enable(), in an interrupt */
inline disable()
{
	atomic {
		!busy;
		on = false;
		cpu_pinned = false;
		cached = false;
#ifndef NO_CLEAN
		mine = false
#endif
	}
}

inline enable()
{
	atomic {
		!busy;
		on = true;
		per_stay = kvm_loaded;
		cpu_pinned = per_stay && kvm_on && pinned
	}
}

/* watch(), under the lock: memory may be short. */
inline watch()
{
	if
	:: memory[ENTRY] -> watching = true
	:: true
	fi
}

/* vctx_share_refresh() */
inline refresh()
{
	lock(share_lock);
	if
	:: memory[USERS] ->
		watch();
		if
		:: watching && kvm_loaded && kvm_on -> pinned = true
		:: else
		fi
	:: else
	fi;
	unlock(share_lock)
}

/* vctx_share_get() */
inline share_get(c)
{
#ifdef GET_NO_BARRIER
	looked = memory[ENTRY];
	locked_store(c, USERS, memory[USERS] + 1);
#else
	locked_store(c, USERS, memory[USERS] + 1);
	looked = memory[ENTRY];
#endif
	if
	:: looked -> refresh()
	:: else
	fi
}

inline share_put(c)
{
	locked_store(c, USERS, memory[USERS] - 1);
	if
#ifdef PUT_BY_WATCHING
	:: !memory[USERS] && watching ->
#else
	:: !memory[USERS] && memory[ENTRY] ->
#endif
		lock(share_lock);
		if
		:: !memory[USERS] -> pinned = false; lingering = true
		:: else
		fi;
		unlock(share_lock)
	:: else
	fi
}

/* vctx_power_get() and vctx_power_put(); cpus_read_lock() keeps nobody out here */
inline power_get(c)
{
	share_get(c);
	lock(users_lock);
	if
	:: users -> users++; unlock(users_lock); share_put(c)
	:: else ->
		enable();
#ifdef USERS_LATE
		unlock(users_lock);
		users++
#else
		users++;
		unlock(users_lock)
#endif
	fi
}

inline power_put(c)
{
	lock(users_lock);
	users--;
	last = !users;
#ifdef PUT_EARLY
	if
	:: last -> share_put(c); disable()
	:: else
	fi;
	unlock(users_lock)
#else
	if
	:: last -> disable()
	:: else
	fi;
	unlock(users_lock);
	if
	:: last -> share_put(c)
	:: else
	fi
#endif
}

/* A stay in the guest, from vmx_begin_stay() to vmx_end_stay(). */
inline stay()
{
	atomic { !busy -> busy = true };
	if
	:: !on
	:: on && !per_stay ->
		assert(!kvm_on);
		mine = true
	:: on && per_stay && !kvm_on -> mine = true
	:: on && per_stay && kvm_on ->
		if
#ifndef STAY_NO_LOOK
		:: !watching
		:: watching ->
#else
		:: true ->
#endif
			assert(watching);
			mine = true;
			/* With the pin, the VMCS stays. */
			cached = cpu_pinned
		fi
	fi;
	busy = false
}

active [CPUS] proctype unused_ids()
{
	skip
}

/* A thread with a context. */
proctype context(byte c)
{
	bool last, looked;

	power_get(c);
	stay();
	if
	:: stay()
	:: true
	fi;
	power_put(c);
	ended++
}

/* The delayed work. */
proctype worker()
{
end:	do
	:: lingering ->
#ifdef LINGER_NO_LOCK
		if
		:: !memory[USERS] -> lingering = false; watching = false
		:: else -> lingering = false
		fi
#else
		lock(share_lock);
		lingering = false;
		if
		:: !memory[USERS] -> watching = false
		:: else
		fi;
		unlock(share_lock)
#endif
	od
}

/* owner_changed() */
inline changed()
{
	refresh();
	lock(users_lock);
#ifndef NO_CHANGE
	if
	:: users -> disable(); enable()
	:: else
	fi;
#endif
	unlock(users_lock)
}

/* KVM enters a virtual machine: the tracepoint, and its probe. */
inline virtual_machine()
{
	atomic {
		!busy;
		assert(!mine || watching);
		mine = false
	}
}

/* Both modules of KVM are loaded, run virtual machines, and are unloaded. */
proctype loader()
{
	/* found(), under a lock */
	locked_store(LOADER, ENTRY, 1);
	kvm_loaded = true;
	changed();
	/* Its init: it looks whether somebody has enabled virtualisation for good. */
	atomic {
		!busy;
		assert(!on || per_stay);
		kvm_on = true;
		/* The first virtual machine of KVM flushes all: see share.c. */
		mine = false
	};
	changed();
	virtual_machine();
	virtual_machine();
	/* It can be unloaded unless it is pinned. */
	do
	:: atomic {
		!busy && !pinned;
		assert(!cached);
		kvm_on = false;
		break
	   }
	:: atomic { ended == CONTEXTS && pinned -> assert(!pinned) }
	od;
	kvm_loaded = false;
	changed()
}

init
{
	atomic {
		run context(0);
		run context(1);
		run worker();
		run loader()
	}
}
