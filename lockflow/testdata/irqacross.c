#include <linux/kernel.h>
// rule L6: who enables interrupts with the unlock, in a helper, enables those that its caller's helper switched off.
void local_irq_save(unsigned long flags);
void raw_spin_lock(raw_spinlock_t *l);
void raw_spin_unlock_irqrestore(raw_spinlock_t *l, unsigned long flags);
struct pool {
	raw_spinlock_t lock;
	raw_spinlock_t other;
	int n;
};

static void pool_lock(struct pool *p, unsigned long flags)
{
	local_irq_save(flags);
	raw_spin_lock(&p->lock);
}

static void pool_unlock(struct pool *p, unsigned long flags)
{
	raw_spin_unlock_irqrestore(&p->lock, flags);
}

void grows(struct pool *p, unsigned long flags)
{
	pool_lock(p, flags);
	if (!p->n) {
		pool_unlock(p, flags);
		schedule();
		pool_lock(p, flags);
	}
	pool_unlock(p, flags);
}

void early(struct pool *p, unsigned long flags)
{
	pool_lock(p, flags);
	schedule(); // want "atomic-sleep interrupts > schedule()" // want "atomic-sleep struct pool.lock > schedule()"
	pool_unlock(p, flags);
}
