#include <linux/kernel.h>
// rule L17: what follows the test of an unsigned limit is reached.
#define INT_MAX ((int)(~0U >> 1))
#define UINT_MAX (~0U)
#define ULONG_MAX (~0UL)
int ask(struct vm *vm);
void use(struct vm *vm);

/* Too long a request is refused; the loop drops the lock, and one way out of it forgets to take it again. */
int copy(struct vm *vm, unsigned long length)
{
	int ret = 0;

	if (length > INT_MAX)
		return -EINVAL;
	mutex_lock(&vm->slots_lock);
	while (length > 0) {
		if (!vm->ready) {
			ret = -EINVAL;
			goto out;
		}
		use(vm);
		length -= 8;
		if (ask(vm)) {
			mutex_unlock(&vm->slots_lock);
			schedule();
			if (ask(vm)) {
				ret = -EINTR;
				break;
			}
			mutex_lock(&vm->slots_lock);
			if (ask(vm)) {
				ret = -ENOMEM;
				goto out;
			}
		}
	}
out:
	mutex_unlock(&vm->slots_lock); // want "double-unlock struct vm.slots_lock"
	return ret;
}

/* The twin takes it again before it looks. */
int copy_right(struct vm *vm, unsigned long length)
{
	int ret = 0;

	if (length > INT_MAX)
		return -EINVAL;
	mutex_lock(&vm->lock);
	while (length > 0) {
		if (!vm->ready) {
			ret = -EINVAL;
			goto out;
		}
		use(vm);
		length -= 8;
		if (ask(vm)) {
			mutex_unlock(&vm->lock);
			schedule();
			mutex_lock(&vm->lock);
			if (ask(vm)) {
				ret = -EINTR;
				break;
			}
			if (ask(vm)) {
				ret = -ENOMEM;
				goto out;
			}
		}
	}
out:
	mutex_unlock(&vm->lock);
	return ret;
}

/* No number is too large for the largest ones, which are no -1. */
int narrow(struct vm *vm, unsigned int n)
{
	if (n > UINT_MAX)
		return -EINVAL;
	write_lock(&vm->mmu_lock);
	write_unlock(&vm->mmu_lock);
	if (ask(vm))
		write_unlock(&vm->mmu_lock); // want "double-unlock struct vm.mmu_lock"
	return 0;
}

int wide(struct vm *vm, unsigned long n)
{
	if (n > ULONG_MAX)
		return -EINVAL;
	if (n > 0) {
		spin_lock(&vm->list_lock);
		spin_unlock(&vm->list_lock);
		spin_unlock(&vm->list_lock); // want "double-unlock struct vm.list_lock"
	}
	return 0;
}

/* What is written as -1 is one of them. */
int marked(struct vm *vm, bool all)
{
	unsigned int n = -1;
	unsigned long k = -1;

	if (all)
		n = 3, k = 3;
	if (n == UINT_MAX)
		mutex_lock(&vm->lock);
	if (k == ULONG_MAX)
		mutex_lock(&vm->slots_lock);
	use(vm);
	if (k == ULONG_MAX)
		mutex_unlock(&vm->slots_lock);
	if (n == UINT_MAX)
		mutex_unlock(&vm->lock);
	return 0;
}
