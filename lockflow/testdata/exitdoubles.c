#include <linux/kernel.h>
// rule L17: double unlocks of many forms; exitharmless.c has the harmless twins.
int ask(struct vm *vm);
void spin_lock_irq(spinlock_t *lock);
void spin_unlock_irq(spinlock_t *lock);
#define spin_lock_irqsave(lock, flags) do { (flags) = __spin_lock_irqsave(lock); } while (0)
unsigned long __spin_lock_irqsave(spinlock_t *lock);
void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags);
int spin_trylock(spinlock_t *lock);

static void restore(struct vm *vm, unsigned long flags)
{
	vm->nr++;
	spin_unlock_irqrestore(&vm->list_lock, flags);
}

/* A case falls through into one that releases. */
int falls_through(struct vm *vm, int what)
{
	int ret = 0;

	mutex_lock(&vm->lock);
	switch (what) {
	case 1:
		ret = ask(vm);
		mutex_unlock(&vm->lock);
	case 2:
		mutex_unlock(&vm->lock); // want "double-unlock struct vm.lock"
		break;
	default:
		mutex_unlock(&vm->lock);
	}
	return ret;
}

/* trylock, and a label that unlocks whether or not it was taken. */
int try_goto(struct vm *vm)
{
	int ret = -EINTR;

	if (!mutex_trylock(&vm->lock))
		goto out;
	ret = ask(vm);
out:
	mutex_unlock(&vm->lock); // want "double-unlock struct vm.lock"
	return ret;
}

/* Released in a helper and again here. */
int restored_twice(struct vm *vm)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&vm->list_lock, flags);
	ret = vm->nr;
	restore(vm, flags);
	if (ret < 0) {
		spin_unlock_irqrestore(&vm->list_lock, flags); // want "double-unlock struct vm.list_lock"
		return ret;
	}
	return 0;
}

/* Released by a callback, and again by who passed it. */
static void call(struct vm *vm, void (*fn)(struct vm *)) { fn(vm); }

static void drop_it(struct vm *vm)
{
	mutex_unlock(&vm->lock);
}

void by_callback(struct vm *vm)
{
	mutex_lock(&vm->lock);
	call(vm, drop_it);
	mutex_unlock(&vm->lock); // want "double-unlock struct vm.lock"
}

/* Drops the lock to wait, and does not take it again when it gives up. */
int waits(struct vm *vm)
{
	int ret = 0, tries = 3;

	spin_lock(&vm->list_lock);
	while (!vm->ready) {
		spin_unlock(&vm->list_lock);
		schedule();
		if (!tries--) {
			ret = -EINTR;
			break;
		}
		spin_lock(&vm->list_lock);
	}
	spin_unlock(&vm->list_lock); // want "double-unlock struct vm.list_lock"
	return ret;
}
