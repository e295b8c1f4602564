// Package cparse turns one file of Linux kernel C, as it lies in the tree, into
// a small intermediate representation (IR). It needs no build, no
// configuration and no other file: a [File] is a pure function of its bytes.
//
// # From text to blocks
//
// Three steps, each in files of its own:
//
//	cure    what kernel C has and the grammar has not is replaced by text of
//	        the same length; attributes, conditionals and macro invocations
//	        are kept as facts beside it               cure*.go, lex.go
//	parse   a parser of our own makes the syntax tree  fast*.go
//	        of plain C, tree-sitter that of the rest   door.go, shim.c
//	lower   the tree becomes declarations and, for each function, a graph of
//	        blocks in which no for, switch, goto, && or scope is left
//	                                                   lower*.go, build.go
//
// A function such as
//
//	int enable(struct dev *dev, int n)
//	{
//		int ret = 0;
//
//		guard(mutex)(&dev->lock);
//		if (!dev->ready && prepare(dev) < 0)
//			return -EIO;
//		while (n--)
//			ret |= step(dev, n);
//		return ret;
//	}
//
// becomes, as [Func.String] prints it,
//
//	func enable(dev struct dev *, n int) int
//		var ret int
//		var %1 typeof(class_mutex_constructor(&dev->lock))
//		var %2 typeof(prepare(dev))
//		var %3 typeof(-EIO)
//		var %4 typeof(n)
//		var %5 typeof(step(dev, n))
//	0:
//		3: decl ret = 0
//		5: %1 = call#0 class_mutex_constructor(&dev->lock)
//		6: if dev->ready goto 3 else 1
//	1:
//		6: %2 = call#1 prepare(dev)
//		6: if %2 < 0 goto 2 else 3
//	2:
//		7: %3 = -EIO
//		5: call#2 class_mutex_destructor(%1) at the end of a scope
//		7: return %3
//	3:
//		8: %4 = n
//		8: n = n - 1
//		8: if %4 goto 4 else 5
//	4:
//		9: %5 = call#3 step(dev, n)
//		9: ret = ret | %5
//		goto 3
//	5:
//		5: call#4 class_mutex_destructor(%1) at the end of a scope
//		10: return ret
//
// The number before a colon is a line of the source. Names that start with %
// are temporaries: the values of calls and of what must be evaluated before
// something else. The guard has become a call where it stands, and a call on
// each way out of its scope.
//
// # Instructions and ends of blocks
//
// A [Block] holds instructions, and one end. [Check] verifies what follows.
//
//	Assign   dst = src            src nil: a value that is not known
//	Call     dst = fun(args...)   dst nil: the value is not used
//	                              Cleanup: a scope ends; Loop: heads a loop
//
//	Jump     to one block
//	Branch   to one of two, by an expression; nil: no one knows
//	Switch   to one of many, by ranges of values; always a default
//	Config   to one of two, by an #if inside the function
//	Return   out of the function, maybe with a value
//	Stop     nowhere
//
// The expressions in them have no effects: they hold no call, no assignment
// and no statement. All blocks are reachable from block 0 and stand in reverse
// postorder; their IDs and the Sites of the calls are dense. Names of locals
// are unique in their function: one that shadows another is renamed, "x.2".
//
// # Macros
//
// A function-like macro is a function of its own ([Macro.Func]): its parameters
// have no types, token pastes stay as templates ("ops_##name"). What a macro
// invocation does where it is used is for a later stage to say: here it is a
// Call like any other. Only a few mean something to this package, because C
// alone cannot tell what they do: the classes of guards that DEFINE_GUARD() and
// its kin make, the guards themselves, and the macros that define variables
// (definers.txt).
//
// What depends on types is kept, too: _Generic with all its associations
// (EGeneric), and sizeof with its operand. Operands that C does not evaluate make
// no calls.
//
// # Conditions
//
// Both sides of an #if are kept wherever each side is a sequence of whole items.
// At file scope each item carries its [Cond]; inside functions a Config chooses.
// Conditions are evaluated in three-valued logic ([Cond.Eval]): what is not
// known stays [Unknown]. Elements of an initialiser carry theirs, too (EUnder).
//
// # Limits
//
//   - Where an #if splits an item, one side is read and the other is a Problem.
//   - An expression is evaluated where its value is used. Temporaries keep the
//     order of calls and assignments, but in f(x, x = 1) the first argument is
//     the new x. C leaves that order open, and kernel code avoids it.
//   - A computed goto is skipped: control goes on behind it, and its targets are
//     unreachable unless something else leads to them.
//   - Of an asm statement the outputs are known, and the labels of an asm goto.
//   - The body of a loop macro runs at least once, so that what a loop over all
//     objects locks is locked behind it.
//   - A guard in a macro that is a sole expression is never let go: the scope
//     that would end is that of the caller.
//   - Members of a guard other than its lock, such as saved flags, are written as
//     members of the lock.
//   - Floating point and offsets are integers of unknown value; of a sizeof the
//     operand is kept, unless it has effects.
//   - Expressions and statements that nest deeper than 400 levels, files larger
//     than 8 MiB and trees that take longer than 20 s are Problems.
//
// What else was not understood is in [File.Problems] and [Func.Errors], with
// places: an empty list means that everything was read.
//
// # Bodies on demand
//
// [ParseHeads] reads the bodies of functions when [Func.Body] asks for them, and
// [Func.Mentions] looks into their text before. Problems in a body are then in
// [Func.Problems]: of a program's files, regions in functions that the program
// contains are reported. A body that says something to the file around it, a type
// or a declaration, is read with the file.
package cparse
