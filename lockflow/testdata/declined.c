#include <linux/kernel.h>
// rule L12, rule L17: a function of a table releases the lock and says that it did
// nothing; the caller, entered with the lock, goes on as if it were held.
bool ask(struct vm *vm);
void note(int x);
struct line { struct mutex lock; struct vm *vm; const struct line_ops *ops; int owner; bool up; };
struct line_ops { bool (*queue_unlock)(struct line *l); bool (*try_unlock)(struct line *l); };

static bool queue_unlock(struct line *l)
{
	bool up = l->up;

	mutex_unlock(&l->lock);
	if (!up)
		return false;
	note(1);
	return true;
}

/* Declines with the lock held. */
static bool try_unlock(struct line *l)
{
	if (!l->up)
		return false;
	mutex_unlock(&l->lock);
	note(2);
	return true;
}

static const struct line_ops line_ops = { .queue_unlock = queue_unlock, .try_unlock = try_unlock };

/* Whatever the owner is, the lock is released. */
bool line_queue(struct line *l)
{
	lockdep_assert_held(&l->lock);
	if (l->ops && l->ops->queue_unlock && l->ops->queue_unlock(l))
		return true;
	if (l->owner) {
		mutex_unlock(&l->lock); // want "double-unlock struct line.lock"
		return false;
	}
	l->owner = 1;
	while (ask(l->vm))
		note(3);
	mutex_unlock(&l->lock); // likewise: one finding a function and lock
	return true;
}

bool line_try(struct line *l)
{
	lockdep_assert_held(&l->lock);
	if (l->ops && l->ops->try_unlock && l->ops->try_unlock(l))
		return true;
	if (l->owner) {
		mutex_unlock(&l->lock);
		return false;
	}
	l->owner = 1;
	mutex_unlock(&l->lock);
	return true;
}

/* Who has released it returns without: the table is asked for a second time. */
bool line_known(struct line *l)
{
	lockdep_assert_held(&l->lock);
	if (l->ops && l->ops->queue_unlock)
		l->ops->queue_unlock(l);
	if (l->owner) {
		if (l->ops->queue_unlock == queue_unlock)
			return false;
		mutex_unlock(&l->lock); // possible "double-unlock struct line.lock"
		return true;
	}
	if (l->ops && l->ops->queue_unlock)
		return true;
	mutex_unlock(&l->lock);
	return false;
}

/* Taken again on one way: the other one returns without it. */
bool line_again(struct line *l)
{
	lockdep_assert_held(&l->lock);
	if (!l->ops || !l->ops->queue_unlock) {
		mutex_unlock(&l->lock);
		return false;
	}
	l->ops->queue_unlock(l);
	if (l->owner) {
		mutex_lock(&l->lock);
		mutex_unlock(&l->lock);
		return false;
	}
	return true;
}
