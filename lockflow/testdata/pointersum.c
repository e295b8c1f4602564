#include <linux/kernel.h>
// rule L3: a pointer plus something is no NULL if the pointer is none.
void note(int x);

static struct vm *lock_nth(struct vm *base, int n)
{
	struct vm *vm = base;

	if (vm) {
		vm += n;
		mutex_lock(&vm->lock);
	}
	return vm;
}

static void unlock_one(struct vm *vm)
{
	if (vm)
		mutex_unlock(&vm->lock);
}

int locked_all_through(struct vm *base, int n)
{
	struct vm *vm = lock_nth(base, n);

	if (!vm)
		return -EINVAL;
	vm->nr = n;
	unlock_one(vm);
	return 0;
}

int unlocked_or_null(struct vm *base, int n)
{
	struct vm *vm = lock_nth(base, n);

	unlock_one(vm);
	return 0;
}

/* The difference of two pointers may well be 0. */
long distance(struct vm *a, struct vm *b)
{
	long n = a - b;

	mutex_lock(&a->slots_lock);
	if (!n)
		return -EINVAL; // want "leak struct vm.slots_lock"
	mutex_unlock(&a->slots_lock);
	return 0;
}

/* What a local was given of memory stays what it was, whatever the memory holds
 * later on. */
int locked_over_a_loop(struct vm **slot, int n)
{
	struct vm *vm = *slot;
	int i;

	if (!vm)
		return -EINVAL;
	mutex_lock(&vm->lock);
	for (i = 0; i < n; i++)
		note(i);
	unlock_one(vm);
	return 0;
}
