#include <linux/kernel.h>
// rule L6: a member that points to a lock stands for any lock whose address was
// put there; a release through it may be that of the lock taken last.
struct walk {
	struct vm *vm;
	spinlock_t *lock;
	int n;
};
void step(struct walk *w);

static spinlock_t *list_lock(struct vm *vm)
{
	return &vm->list_lock;
}
// clean
void walk_all(struct walk *w)
{
	w->lock = list_lock(w->vm);
	spin_lock(w->lock);
	while (w->n--)
		step(w);
	spin_unlock(w->lock);
}

int walk_by_local(struct walk *w)
{
	spinlock_t *lock = list_lock(w->vm);

	spin_lock(lock);
	w->lock = lock;
	if (!w->n) {
		spin_unlock(lock);
		return 0;
	}
	while (w->n--)
		step(w);
	spin_unlock(w->lock);
	return 0;
}

/* Another lock that is held all the time is released by its own name. */
void walk_inside(struct walk *w)
{
	mutex_lock(&w->vm->lock);
	while (w->n--)
		step(w);
	spin_unlock(w->lock);
	mutex_unlock(&w->vm->lock);
}
