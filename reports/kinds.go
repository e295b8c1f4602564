package reports

import (
	"slices"
	"strings"

	"klockscan/lockflow"
)

// A kindInfo explains a kind of finding to somebody who meets it in a viewer,
// without the README at hand.
type kindInfo struct {
	kind  lockflow.Kind
	name  string // for viewers that want a name beside the id
	short string // the sentence of README's table "What it finds"
	full  string // what is wrong with it
	help  string // what to look at, in markdown
}

// kinds is every kind of finding, in the order of README's table. The order is
// the index of the rule in SARIF.
var kinds = []kindInfo{
	{lockflow.KindOrder, "LockOrder",
		"A lock is taken inside one that, by a rule of the tree, is taken inside it.",
		"Another path that keeps the rule can hold the second lock and wait for the first, while this path holds the first and waits for the second: neither goes on.",
		"Look at the rule first: it is quoted with its file and line. If it is right, take the locks in its order, or let the held one go before the call. " +
			"If the code is right, the text needs mending: `klockscan audit` proposes the words."},
	{lockflow.KindSRCU, "SRCUDeadlock",
		"Inside an SRCU read side: a lock that somebody holds while waiting for the readers, or such a wait.",
		"Who waits for the readers of an SRCU domain waits for this path too. If this path waits for a lock that the waiter holds, or for the readers themselves, neither goes on.",
		"Leave the read side before the lock is taken, or take the lock before the read side begins. The rule that is quoted says which lock is held over the wait."},
	{lockflow.KindMustNot, "LockInForbiddenContext",
		"A lock is taken in a context that must not take it.",
		"The tree states that code which runs in this context must not take the lock, because somebody holds the lock and waits for the context.",
		"The chain begins where the context begins. Move the work that needs the lock out of the context, or do without the lock there."},
	{lockflow.KindSelfDeadlock, "SelfDeadlock",
		"A lock is taken while the same one is held.",
		"Locks of the kernel do not nest in themselves: the path waits for itself, and needs no other one for that.",
		"Both acquisitions are listed. Where the finding is `possible`, look whether the two pointers can be one object at all."},
	{lockflow.KindCycle, "LockCycle",
		"Two locks are taken in both orders, and no rule decides.",
		"Two paths that run at the same time can each hold the lock that the other one waits for. Both ways are shown, each as a thread of its own.",
		"Decide which order is right, write it down as a rule, and turn the other path round."},
	{lockflow.KindAtomicSleep, "SleepInAtomicContext",
		"Something sleeps under a spinning lock.",
		"Code that may not be scheduled away (under a spinlock, with preemption or interrupts off) reaches something that can sleep. At best the kernel warns; at worst the processor never comes back to the lock.",
		"Allocate or copy before the lock is taken, or use a lock that may sleep. `might_sleep()` in the callee makes the kernel itself say it at run time."},
	{lockflow.KindLeak, "LockLeak",
		"A function returns with a lock held on one way out that others leave released.",
		"Most often an error path that returns early and forgets the unlock. The next one who takes the lock waits for ever.",
		"Compare the way out that is shown with the others of the function. A scope guard (`guard()`, `scoped_guard()`) makes the unlock certain."},
	{lockflow.KindDoubleUnlock, "DoubleUnlock",
		"A lock is released that is surely not held.",
		"On this path the lock was released before, or never taken. What it protects is then open to two at a time.",
		"Look for the earlier unlock on the chain, often in a callee that releases on failure."},
	{lockflow.KindRequires, "RequiredLockMissing",
		"A lock is taken without another one that a rule demands.",
		"The tree states that who takes this lock must hold the other one; other paths keep the rule and this one does not.",
		"Take the demanded lock on the path that is shown, or say in the rule when it is not needed."},
	{lockflow.KindAssert, "LockAssertionBroken",
		"A function asserts that a lock is held, and a path comes there without it, or with its read side only.",
		"The assertion (`lockdep_assert_held()` and its like) fires in a kernel that checks it; in others the function works on data that nobody protects.",
		"Take the lock in the caller that is shown, or, if the assertion demands too much, weaken it."},
	{lockflow.KindRules, "RulesContradict",
		"The rules of the tree contradict each other.",
		"No code can keep all of the rules: they close a circle. Each is listed with its place.",
		"Find out which of the sentences is out of date and mend it. `klockscan rules` shows how each was read."},
}

// otherKind is what a kind is called that this program does not know.
const otherKind = "other"

// unknownKind stands for all of them: the document was made by a later program.
var unknownKind = kindInfo{otherKind, "OtherKind",
	"A finding of a kind that this program does not know.",
	"The document was made by a later version, and turned into this format by an earlier one.",
	"Read the message and the chain; the README of the later version explains the kind."}

// kindIndex is the place of a kind in kinds, or the one behind the last.
func kindIndex(kind string) int {
	i := slices.IndexFunc(kinds, func(k kindInfo) bool { return string(k.kind) == kind })
	if i < 0 {
		return len(kinds)
	}
	return i
}

// confidences is what a finding may be, the most certain first.
var confidences = []string{"certain", "likely", "possible", "guess"}

// certainty is the place of a confidence in confidences; one that is not known
// counts as less than a guess.
func certainty(confidence string) int {
	if i := slices.Index(confidences, confidence); i >= 0 {
		return i
	}
	return len(confidences)
}

// plainHelp is the help of a kind for viewers without markdown.
func plainHelp(k kindInfo) string {
	return k.full + "\n\n" + strings.ReplaceAll(k.help, "`", "") + "\n\n" + strings.ReplaceAll(readHelp, "`", "")
}

// markdownHelp is the help of a kind as a page.
func markdownHelp(k kindInfo) string {
	return "# " + k.short + "\n\n" + k.full + "\n\n## What to do\n\n" + k.help + "\n\n## How to read it\n\n" + readHelp
}

// readHelp goes for all kinds.
const readHelp = "The steps lead from the way in to the place, each call with the kind of edge if it is not a written call. " +
	"`certain` rests on written calls only, `likely` on pointers and tables that were resolved, `possible` on an assumption that is named, " +
	"`guess` on a guessed call. To silence a finding, add it to `suppress` in `.klockscan.yaml` with a reason."
