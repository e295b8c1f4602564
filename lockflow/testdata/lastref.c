#include <linux/kernel.h>
// rule L11: only the last reference runs the release.
static void put(struct vm *vm)
{
	if (refcount_dec_and_test(&vm->users)) {
		mutex_lock(&vm->lock); // possible "self-deadlock struct vm.lock > struct vm.lock"
		mutex_unlock(&vm->lock);
	}
}

void use(struct vm *vm)
{
	mutex_lock(&vm->lock);
	put(vm);
	mutex_unlock(&vm->lock);
}

/* Through two wrappers, and after something else was done. */
static bool drop_ref(struct vm *vm)
{
	bool last = refcount_dec_and_test(&vm->users);

	if (vm->ready)
		vm->nr = 0;
	return last;
}

static bool drop(struct vm *vm)
{
	return drop_ref(vm);
}

static void put_wrapped(struct vm *vm)
{
	if (drop(vm)) {
		mutex_lock(&vm->slots_lock); // possible "self-deadlock struct vm.slots_lock > struct vm.slots_lock"
		mutex_unlock(&vm->slots_lock);
	}
}

void use_wrapped(struct vm *vm)
{
	mutex_lock(&vm->slots_lock);
	put_wrapped(vm);
	mutex_unlock(&vm->slots_lock);
}

/* What a wrapper does besides happens in any case. */
void drop_and_lock(struct vm *vm)
{
	mutex_lock(&vm->lock);
	drop(vm);
	mutex_lock(&vm->lock); // want "self-deadlock struct vm.lock > struct vm.lock"
	mutex_unlock(&vm->lock);
}
