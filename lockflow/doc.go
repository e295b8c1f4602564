// Package lockflow follows locks through a linked program: which are held
// where, in which order they are taken, and what that contradicts.
//
// # The question
//
// A lock class is a kind of lock (every struct kvm has its own slots_lock; the
// class is struct kvm.slots_lock). A pair (A, B) says that some task takes a
// lock of class B while it holds one of class A. Pairs that the documented
// hierarchy forbids, or that occur in both orders, can deadlock. For
//
//	void outer(struct kvm *kvm)           void inner(struct kvm *k)
//	{                                     {
//		mutex_lock(&kvm->lock);               mutex_lock(&k->slots_lock);
//		inner(kvm);                           ...
//		mutex_unlock(&kvm->lock);             mutex_unlock(&k->slots_lock);
//	}                                     }
//
// the summary of inner is one event, "takes param0->slots_lock", and one exit
// that leaves the locks alone. In outer the event becomes "takes
// kvm->slots_lock", and meets the state {kvm->lock}: the pair (struct kvm.lock,
// struct kvm.slots_lock), with the witness outer -> inner.
//
// # The method
//
// Lock sets along paths and their summaries, as in RacerX (Engler, Ashcraft:
// RacerX, SOSP 2003), but a function is summarised in terms of its parameters,
// and bottom up, as in the functional approach to interprocedural analysis
// (Sharir, Pnueli 1981; Reps, Horwitz, Sagiv: Precise interprocedural dataflow
// analysis via graph reachability, POPL 1995). Inside a function states are
// merged if and only if they hold the same locks: property simulation (Das,
// Lerner, Seigle: ESP, PLDI 2002), which keeps `if (locked) unlock()` apart
// without following every path. Recursive groups (Tarjan 1972) are solved
// together in a few rounds.
//
// # The rules
//
//	L1   The class of a lock is the nearest tagged struct that holds it and the
//	     members from there, or the variable. Elements of arrays share a class.
//	L2   A pointer member named after the type of the object that its own object
//	     was found through leads back to it: vcpu, found through kvm, has
//	     vcpu->kvm == kvm. Where paths meet, it was found through whatever any
//	     of them found it through.
//	L3   A pointer from which the offset of a member is subtracted points to the
//	     struct that holds the member (container_of). A pointer plus something
//	     is not NULL if the pointer is not, and a local keeps the sign of what
//	     it was given, whatever the memory that it came from holds later.
//	L4   Two states at one point are merged if their locks are the same; what is
//	     known of values is then what holds in both. Not merged is a state that
//	     gave a parameter another value with one that did not, if the first
//	     knows more of what the caller passed. The default of a switch means
//	     that the value is none of its cases' numbers.
//	L5   The value of a call is a symbol that the call's next execution renews.
//	     What was locked through the old one stays locked: under a name of its
//	     own while a variable leads to it, else as "some of a class".
//	     Primitives that may fail split the state by what they return.
//	L6   A release means the same object; else the only lock of the class; else
//	     the caller's lock. If the caller does not hold it either, it is that of
//	     the caller's caller, and no further up, unless the object is passed down.
//	     A function of which no body was read releases what its prototype says.
//	L7   A loop that locks or unlocks runs at least once. Many locks of a class
//	     that are held after a loop that releases such are held perhaps.
//	L8   A call applies the callee's exits and events, with arguments for
//	     parameters. Exits and events whose conditions the arguments contradict
//	     do not count. Nothing stays known of locals that the arguments lead
//	     to but what the exits store. An event is not kept if another does the
//	     same as surely, under no more conditions and with no more released;
//	     a call through a table is one of a function that calls all of its
//	     functions.
//	L9   Exits that a caller cannot tell apart are one: what only one of them
//	     holds is not held. If NULL is returned without a lock, another pointer
//	     of which nothing is known is presumed not to be NULL where it is held.
//	L10  A lock that the code asserts to be held, on entry or by annotation, is
//	     held as far as orders go; never for leaks.
//	L11  What happens only if a reference count drops to zero rests on the
//	     assumption that this reference was the last, also where a wrapper
//	     returns whether it did; what happens only while a flag is clear that
//	     the same code sets, and clears only where the setting failed, on the
//	     assumption that this is the first use, as far as the callers' locks
//	     go; what happens only if a look-up by an object's own key finds
//	     another, on the assumption that it never came into use.
//	L12  A branch whose outcome is open, and whose condition is older than a
//	     lock operation, may repeat the condition of that operation; not that
//	     of a release, if every path to the branch has made it, or if every
//	     path on from the branch makes one more. So may one that compares what
//	     a callee returned with a constant, if that callee released a lock on
//	     one of its ways out; and so may a callee that releases a lock on one of
//	     two ways out, of which the caller cannot know which it will be. What a
//	     loop counts is made anew in every turn.
//	L13  Functions in members that the table names, or that a mechanism runs
//	     elsewhere, run in a context; the table says whether it may sleep.
//	     Those that it names as running between two others of their struct are
//	     entered with what the first leaves held.
//	L14  A lock held on one way out, and released on another that looks the same
//	     to the caller, is a leak; so is one held on failure and released on
//	     success, one that a function of an interface leaves held, and, where the
//	     returned value tells that it is held, one that is held on a way out that
//	     looks like one without it. None is what a function takes on some ways
//	     only and one that its caller calls beside it releases, nor what it
//	     takes again for its caller.
//	L15  What may sleep must not happen under a spinning lock, nor with
//	     interrupts or preemption switched off. An access of user memory may
//	     sleep unless page faults are disabled.
//	L16  Taking a lock that is held, or waiting for readers inside a read side,
//	     is a deadlock if both are the same object.
//	L17  Releasing what this path released already is a double unlock; not of a
//	     lock that nests in itself, if a callee took it, perhaps twice.
//	L18  A pair is certain if all calls of its chain are written calls, likely
//	     if some are resolved through tables, possible if it rests on an
//	     assumption, which is then said in words.
//	L19  What a function stores through a pointer parameter, its caller finds
//	     there: an out-parameter may name the lock that is held, and a number in
//	     a struct to be filled in tells ways out apart. A struct that is passed
//	     by value stays as it was.
//	L20  An allocation sleeps if its flags surely allow that; flags that are a
//	     parameter make it depend on what the callers pass.
//	L21  Who waits for a work item, a queue or a timer waits for every lock that
//	     its function takes.
//	L22  A function that releases its caller's lock on one way out, and not on
//	     another that looks the same to the caller, is wrong: the caller's own
//	     release is a double unlock, or to return without one a leak.
//	L23  An assertion that a lock is held, or is not, is a demand on the callers.
//	     It is broken where the lock is held in the wrong mode, was released, was
//	     taken and released by a callee on all its ways, or is held against the
//	     demand; and where a task comes from an entry point by written calls
//	     without it, if others are seen to hold that class. Conditions since a
//	     release do not matter where every path to the assertion has made it.
//	L24  A call through a table whose functions lie in several directories
//	     leads, on a way that comes out of one of these, to the functions of
//	     that one: what those of another do rests on an assumption, unless the
//	     two directories call each other by name. So does what a function of a
//	     wide table, one with functions of many files, does under a lock of a
//	     file that has nothing to do with its own, and what two calls through
//	     tables with functions of several files must both lead to.
//	L25  Calls through members of one object, as it is written, reach functions
//	     of one table: the targets of a call go with those that took the locks
//	     which earlier calls through the object left held.
//
// # Limits
//
// May and must: a pair says that a path exists in the code as understood; the
// path may be impossible for reasons the values do not show. Absence of a pair
// proves nothing where calls are unresolved, locks unknown or limits were hit;
// all three are counted in Stats. A function hands at most some 1,500 events to
// its callers, in a large recursive group fewer, and a call through a table takes
// over 1,000, the nearest of each lock class first: so the cost grows with the
// functions, and not with what all of them reach. Not followed: locks whose
// address goes through memory that another function wrote; conditions on values
// that no constant or sign describes; interrupts as a second context that takes
// the same lock; loops that lock several classes in turns.
package lockflow
