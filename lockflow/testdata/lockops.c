#include <linux/kernel.h>
// rule L6, rule L8: a table that locks has the functions that unlock.
// clean
struct kind { void (*enter)(void); void (*leave)(void); int (*work)(void); };
static DEFINE_SPINLOCK(spin_kind);
static DEFINE_MUTEX(sleep_kind);

static void spin_enter(void) { spin_lock(&spin_kind); }
static void spin_leave(void) { spin_unlock(&spin_kind); }
static void sleep_enter(void) { mutex_lock(&sleep_kind); }
static void sleep_leave(void) { mutex_unlock(&sleep_kind); }
static void none_enter(void) { }
static void none_leave(void) { }

static const struct kind spins = { .enter = spin_enter, .leave = spin_leave };
static const struct kind sleeps = { .enter = sleep_enter, .leave = sleep_leave };
static const struct kind nothing = { .enter = none_enter, .leave = none_leave };

void exercise(const struct kind *k, int n)
{
	while (n--) {
		k->enter();
		k->leave();
		schedule();
	}
}
