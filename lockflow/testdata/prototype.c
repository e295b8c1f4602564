#include <linux/kernel.h>
// rule L6: a prototype may say that the function releases the caller's lock.
void attach_and_unlock(struct vm *vm, int how)
	__releases(&vm->list_lock);
void attach(struct vm *vm, int how);

static void begin(struct vm *vm)
{
	spin_lock(&vm->list_lock);
	attach_and_unlock(vm, 1);
}

void goes_on(struct vm *vm)
{
	begin(vm);
	schedule();
}

void stays(struct vm *vm)
{
	spin_lock(&vm->list_lock);
	attach(vm, 1);
	schedule(); // want "atomic-sleep struct vm.list_lock > schedule()"
	spin_unlock(&vm->list_lock);
}
