#include <linux/kernel.h>
// rule L19: a callee hands the lock that it took back through a pointer.
struct desc { spinlock_t ptl; struct desc *next; };
struct desc *desc_of(unsigned long where);

static int *map_lock(unsigned long where, spinlock_t **out)
{
	struct desc *d = desc_of(where);
	spinlock_t *lock;

	if (!d)
		return NULL;
	lock = &d->ptl;
	spin_lock(lock);
	*out = lock;
	return (int *)d;
}

static inline int *map_lock_wrap(unsigned long where, spinlock_t **outp)
{
	return map_lock(where, outp);
}

void walk(unsigned long where, struct vm *vm)
{
	spinlock_t *ptl;
	int *entry = map_lock_wrap(where, &ptl);

	if (!entry)
		return;
	spin_unlock(ptl);
	mutex_lock(&vm->lock); // nopair "struct desc.ptl > struct vm.lock"
	mutex_unlock(&vm->lock);
}

void walk_wrong(unsigned long where, struct vm *vm)
{
	spinlock_t *ptl;
	int *entry = map_lock_wrap(where, &ptl);

	if (!entry)
		return;
	mutex_lock(&vm->slots_lock); // want "atomic-sleep struct desc.ptl > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
	spin_unlock(ptl);
}

// The pointer may go into a member.
struct cursor { spinlock_t *ptl; unsigned long where; int *pte; };

static bool step(struct cursor *c)
{
	c->pte = map_lock(c->where, &c->ptl);
	return c->pte != NULL;
}

void walk_cursor(struct vm *vm, unsigned long where)
{
	struct cursor c = { .where = where };

	if (!step(&c))
		return;
	spin_unlock(c.ptl);
	mutex_lock(&vm->lock);
	mutex_unlock(&vm->lock);
}

// A number comes back the same way.
static void try_it(struct vm *vm, bool *locked)
{
	*locked = mutex_trylock(&vm->slots_lock);
}

void maybe(struct vm *vm)
{
	bool locked;

	try_it(vm, &locked);
	if (locked)
		mutex_unlock(&vm->slots_lock);
}
