#include <linux/kernel.h>
// rule L14: a helper that locks under a condition of its own, and one that unlocks under the same.
struct area {
	struct vm *vm;
	void *private;
	struct mutex own;
	int shared;
};
struct area_lock { struct mutex lock; };

int shareable(struct area *a);
int work(struct area *a);

static void area_lock(struct area *a)
{
	if (shareable(a)) {
		struct area_lock *l = a->private;

		mutex_lock(&l->lock);
	} else if (a->shared) {
		mutex_lock(&a->own);
	}
}

static void area_unlock(struct area *a)
{
	if (shareable(a)) {
		struct area_lock *l = a->private;

		mutex_unlock(&l->lock);
	} else if (a->shared) {
		mutex_unlock(&a->own);
	}
}

void uses(struct area *a)
{
	area_lock(a);
	work(a);
	area_unlock(a);
}

/* Nobody unlocks what this one leaves locked. */
static void forgets(struct area *a)
{
	if (shareable(a))
		mutex_lock(&a->vm->slots_lock);
} // want "leak struct vm.slots_lock"

void calls_forgets(struct area *a)
{
	forgets(a);
	work(a);
}

/* Takes again, through a helper, what its caller holds and it has released. */
static bool lock_again(struct area *a)
{
	if (work(a)) {
		mutex_lock(&a->vm->lock);
		return true;
	}
	return false;
}

static int drops(struct area *a)
{
	mutex_unlock(&a->vm->lock);
	while (work(a)) {
		if (lock_again(a))
			return 1;
	}
	mutex_lock(&a->vm->lock);
	return 0;
}

int holds(struct area *a)
{
	int ret;

	mutex_lock(&a->vm->lock);
	ret = drops(a);
	mutex_unlock(&a->vm->lock);
	return ret;
}
