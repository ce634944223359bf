/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory as x86 has it (total store order): a store of a CPU goes into its store buffer,
 * and gets to memory later, in order, but maybe after later loads of the same CPU.  A full
 * barrier waits until the buffer is empty; a locked instruction does the same.
 *
 * Before the #include a model defines CPUS and LOCATIONS, the numbers of each.  A CPU that
 * loads what it may have in its own store buffer would get that; no model here needs it,
 * and load() makes sure.  Variables that are not in memory[] are seen by all CPUs at once:
 * they stand for what is changed by locked instructions or under a lock, for interrupts, and
 * for what one CPU alone has.
 */
#define DEPTH 4

byte memory[LOCATIONS];
chan buffer[CPUS] = [DEPTH] of { byte, byte };

#define store(cpu, location, value) buffer[cpu]!location,value
#define barrier(cpu) empty(buffer[cpu])

/* x = memory[location] */
inline load(cpu, x, location)
{
	d_step {
		assert(!buffer[cpu]??[eval(location), 0] && !buffer[cpu]??[eval(location), 1] &&
		       !buffer[cpu]??[eval(location), 2]);
		x = memory[location];
	}
}

/* A locked instruction. */
inline locked_store(cpu, location, value)
{
	atomic {
		barrier(cpu);
		memory[location] = value;
	}
}

inline compare_and_swap(cpu, location, old, new)
{
	atomic {
		barrier(cpu);
		if
		:: memory[location] == old -> memory[location] = new
		:: else
		fi
	}
}

active [CPUS] proctype store_buffer()
{
	byte location, value;

end:	do
	:: atomic {
		buffer[_pid]?location,value;
		memory[location] = value;
		location = 0;
		value = 0;
	   }
	od
}
