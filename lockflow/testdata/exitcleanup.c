#include <linux/kernel.h>
// rule L17, rule L14: locks that a variable's scope releases.
int ask(struct vm *vm);
#define DEFINE_FREE(name, type, free) static inline void __free_##name(void *p) { type _T = *(type *)p; free; }

DEFINE_FREE(unlock_slots, struct vm *, if (_T) mutex_unlock(&_T->slots_lock))

int released(struct vm *vm)
{
	struct vm *locked __free(unlock_slots) = NULL;

	mutex_lock(&vm->slots_lock);
	locked = vm;
	return ask(vm);
}

int released_twice(struct vm *vm)
{
	struct vm *locked __free(unlock_slots) = vm; // want "double-unlock struct vm.slots_lock"

	mutex_lock(&vm->slots_lock);
	if (ask(vm)) {
		mutex_unlock(&vm->slots_lock);
		return -EINVAL;
	}
	return 0;
}

int given_up(struct vm *vm)
{
	struct vm *locked __free(unlock_slots) = vm;

	mutex_lock(&vm->slots_lock);
	if (ask(vm)) {
		mutex_unlock(&vm->slots_lock);
		locked = NULL;
		return -EINVAL;
	}
	return 0;
}

int too_late(struct vm *vm)
{
	struct vm *locked __free(unlock_slots) = NULL;
	int ret;

	mutex_lock(&vm->slots_lock);
	ret = ask(vm);
	if (ret)
		return ret; // want "leak struct vm.slots_lock"
	locked = vm;
	return ask(vm);
}
