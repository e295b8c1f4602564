#include <linux/kernel.h>
// rule L12: the two conditions are one, in a form that is not recognised.
int odd(int a, int b);
// clean
void unlock_if(struct vm *vm, int a)
{
	if (odd(a, 1))
		mutex_lock(&vm->lock);
	vm->nr++;
	if (odd(a, 1))
		mutex_unlock(&vm->lock);
}
