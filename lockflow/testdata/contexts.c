#include <linux/kernel.h>
// rule L13: the table names the members of this type.
struct mmu_notifier { struct vm *vm; };
static DECLARE_RWSEM(table_sem);
struct mmu_notifier_ops {
	int (*invalidate_range_start)(struct mmu_notifier *mn);
	void (*release)(struct mmu_notifier *mn);
	void (*free_notifier)(struct mmu_notifier *mn);
};

static int start(struct mmu_notifier *mn)
{
	mutex_lock(&mn->vm->slots_lock); // pair "mmu_notifier > struct vm.slots_lock"
	mutex_unlock(&mn->vm->slots_lock);
	return 0;
}

static void drop_table(struct vm *vm)
{
	down_write(&table_sem); // pair "mmu_notifier > table_sem"
	vm->nr = 0;
	up_write(&table_sem);
}

/* The end of the page tables. */
static void release(struct mmu_notifier *mn)
{
	drop_table(mn->vm);
}

/* After the last use, when no page table is left: no such event. */
static void free_notifier(struct mmu_notifier *mn)
{
	mutex_lock(&mn->vm->lock); // nopair "mmu_notifier > struct vm.lock"
	mutex_unlock(&mn->vm->lock);
}

static const struct mmu_notifier_ops ops = { .invalidate_range_start = start, .release = release, .free_notifier = free_notifier };
