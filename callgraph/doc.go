// Package callgraph links the files of a kernel tree, as one architecture
// builds them, and finds which function calls which.
//
// # Vocabulary
//
// A call graph is sound if it has every call that some run of the program
// makes, and precise if it has no others. No graph of C is both. Edges here are
// may-edges: the call may happen, on some path, with some values. Nothing in
// this package says that a call must happen; what holds on every path is for
// lockflow to find, on the control-flow graphs inside the functions.
//
// Every edge keeps the kind of reasoning that made it (EdgeKind), so that a
// reader can drop what is too uncertain:
//
//	direct    the callee is named where it is called
//	macro     likewise, and the call comes out of a macro; Via names it. Or the
//	          call is one that a macro makes which itself stays a call, such
//	          as a lock primitive: then both are edges of one call site
//	ops       through a member of a struct; Via names it. One cell for each
//	          member of each struct type: which object it is does not count
//	table     through an array of functions; which index does not count
//	callback  through a parameter, a local or a result that holds a function
//	guess     the signature only; nothing makes these at present
//	async     no call: the function starts later, or elsewhere, with nothing held
//	deferred  no call: a request that is carried out where it is tested for
//	waits     no call: the caller waits until what another context runs is done
//
// A call with no edge is listed in Graph.Unresolved with the reason. A function
// that is called and whose body was not found is External; its edges are there.
//
// # Stages
//
//  1. Load (load.go) reads the focus, the directories that the user asks about,
//     and what it includes. Which names the preprocessor knows comes from
//     arches.txt, Kconfig and the files themselves (env.go). An option that
//     nothing settles counts as on, so that the code of every feature is seen.
//  2. Macros at file scope, X-macro headers and template headers become the
//     functions and variables that they define (generate.go, template.go).
//  3. Linking (link.go) starts from the functions of the focus and follows each
//     name to the definition that its file sees (symbols.go). The body of each
//     function is made for the architecture: #if is decided, and so are branches
//     that the compiler decides in any .config (decide.go), and macros are spliced
//     into the control-flow graph (expand.go, subst.go). Names without a
//     definition are searched for in the directories around (search.go), and
//     linking starts again with the files that are found.
//  4. If calls go through members, variables or parameters that nothing fills so
//     far, the tree is searched for what does (stores.go, search.txt). Of the files
//     found only what they store is read: functions that are stored there and not
//     linked are External, with the place of their definition.
//  5. Build (build.go) makes the edges of calls by name, and finds what function
//     pointers may hold by propagating functions between cells until nothing
//     changes (values.go, initial.go). What hands functions over in other ways
//     than by calls is a table (mechanisms.txt).
//
// Types (typing.go) are found on demand, in the view of a file: a tag or typedef
// means what that file sees through its includes. Check and Graph.Check verify
// the results of linking and of Build.
//
// # Example
//
// Of this tree
//
//	drv/port.h
//	struct port { int work; };
//	struct port_ops { int (*send)(struct port *p); };
//	#define port_lock(p)	do { lock_enter(p); } while (0)
//
//	drv/serial.c
//	static int serial_send(struct port *p) { return 0; }
//	const struct port_ops serial_ops = { .send = serial_send };
//
//	drv/core.c
//	static void retry(int *work) { }
//	void submit(struct port *p, const struct port_ops *ops, void (*done)(void))
//	{
//		port_lock(p);
//		if (ops->send(p))
//			INIT_WORK(&p->work, retry);
//		done();
//	}
//
// the graph prints as follows: place, number of the call in its function, kind
// and Via, callee, and where the function was stored.
//
//	drv/core.c:submit 3
//		5:2 #0 --macro port_lock--> lock_enter
//		6:6 #1 --ops struct port_ops.send--> drv/serial.c:serial_send (stored at drv/serial.c:3)
//		7:3 #2 --direct--> INIT_WORK
//		7:3 #2 --async work--> drv/core.c:retry (stored at drv/core.c:7)
//		8:2 #3 unresolved done: parameter of what nothing calls: done of submit()
//
// # Limits
//
// Not sound: calls out of assembler and inline assembler, through void pointers
// and integers; further targets of a call that has one, if only code stores them
// that was not read or that no function of the focus reaches, since stores are
// looked for where there is none; what functions call that are known by a store
// only; files beyond Options.Rounds; the #else of an option that counts as on; an
// #include inside a function body of anything but macro invocations.
//
// Not precise: function pointers are followed without context (two callers of a
// helper see each other's callbacks), without order (what was overwritten
// counts) and without index; the local of an inner block hides a function of its
// name in the whole function.
//
// testdata shows each limit as an expectation that is marked todo or imprecise,
// and that fails when the limit is gone.
package callgraph
