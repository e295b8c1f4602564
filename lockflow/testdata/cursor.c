#include <linux/kernel.h>
// rule L4: a pointer that was followed is not NULL, so a helper that returns
// what it found with the lock held, or NULL with it released, is understood.
struct dev {
	struct list_head list;
	int id;
};
#define for_each_dev(pos, head) for (pos = next_dev(head); pos; pos = next_dev(pos))
static struct dev *find_locked(struct vm *vm, int id)
{
	struct dev *dev;

	mutex_lock(&vm->slots_lock);
	for_each_dev(dev, vm) {
		if (dev->id == id)
			return dev;
	}
	mutex_unlock(&vm->slots_lock);
	return NULL;
}
// clean
void drop_all(struct vm *vm, int id)
{
	struct dev *dev;

	while ((dev = find_locked(vm, id))) {
		drop(dev);
		mutex_unlock(&vm->slots_lock);
	}
}

/* The cursor moves on; what is locked stays under another name until a lock of
 * the next one is wanted. */
struct pair {
	struct vm one, two;
};

static struct vm *half(struct pair *pair, int n)
{
	if (n & 1)
		return &pair->one;
	return &pair->two;
}

void walk_halves(struct pair *pair, int n)
{
	struct vm *locked = NULL;
	int i;

	for (i = 0; i < n; i++) {
		struct vm *vm = half(pair, i);

		if (vm != locked) {
			if (locked)
				mutex_unlock(&locked->lock);
			mutex_lock(&vm->lock);
			locked = vm;
		}
		vm->nr++;
	}
	if (locked)
		mutex_unlock(&locked->lock);
}
