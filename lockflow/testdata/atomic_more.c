#include <linux/kernel.h>
// rule L15: sections that must not sleep, by other means than a spinlock.
struct mmu_notifier { struct vm *vm; };
struct mmu_notifier_ops {
	int (*invalidate_range_start)(struct mmu_notifier *mn);
	int (*clear_flush_young)(struct mmu_notifier *mn);
};
struct gate { raw_spinlock_t raw; spinlock_t inner; };
void preempt_disable(void);
void preempt_enable(void);
#define get_cpu() ({ preempt_disable(); 0; })
#define put_cpu() preempt_enable()
void rcu_read_lock(void);
void rcu_read_unlock(void);
void raw_spin_lock(raw_spinlock_t *l);
void raw_spin_unlock(raw_spinlock_t *l);

/* The page table's spinlock is held around this one. */
static int young(struct mmu_notifier *mn)
{
	mutex_lock(&mn->vm->lock); // want "atomic-sleep young_mmu_notifier > struct vm.lock"
	mutex_unlock(&mn->vm->lock);
	return 0;
}

/* This one may sleep. */
static int start(struct mmu_notifier *mn)
{
	mutex_lock(&mn->vm->lock);
	mutex_unlock(&mn->vm->lock);
	return 0;
}

static const struct mmu_notifier_ops ops = { .invalidate_range_start = start, .clear_flush_young = young };

static void *table(struct vm *vm)
{
	return kzalloc(8, GFP_KERNEL); // want "atomic-sleep preemption > kzalloc()" // want "atomic-sleep rcu > kzalloc()"
}

void on_this_cpu(struct vm *vm)
{
	get_cpu();
	kfree(table(vm));
	put_cpu();
	kfree(table(vm));
}

void looking(struct vm *vm)
{
	rcu_read_lock();
	kfree(table(vm));
	rcu_read_unlock();
}

/* Drops the read side before it sleeps. */
void *found(struct vm *vm)
{
	void *p;

	rcu_read_lock();
	p = vm->vcpus[0];
	rcu_read_unlock();
	mutex_lock(&vm->slots_lock);
	mutex_unlock(&vm->slots_lock);
	return p;
}

/* Spinlocks nest in raw ones here; only real-time kernels mind. */
void nested(struct gate *g)
{
	raw_spin_lock(&g->raw);
	spin_lock(&g->inner);
	kfree(kzalloc(8, GFP_ATOMIC));
	spin_unlock(&g->inner);
	raw_spin_unlock(&g->raw);
}
