#include <linux/kernel.h>
// rule L10
void asserts(struct vm *vm)
{
	lockdep_assert_held(&vm->lock);
	mutex_lock(&vm->slots_lock); // pair "struct vm.lock > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
}
