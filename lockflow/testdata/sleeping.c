#include <linux/kernel.h>
// rule L15
static void helper(struct vm *vm)
{
	mutex_lock(&vm->slots_lock); // want "atomic-sleep struct vm.mmu_lock > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
}

void spinning(struct vm *vm)
{
	read_lock(&vm->mmu_lock);
	helper(vm);
	kfree(kzalloc(8, GFP_ATOMIC));
	read_unlock(&vm->mmu_lock);
	kfree(kzalloc(8, GFP_KERNEL));
}

void dropped(struct vm *vm)
{
	spin_lock(&vm->list_lock);
	while (vm->nr) {
		spin_unlock(&vm->list_lock);
		schedule();
		spin_lock(&vm->list_lock);
	}
	spin_unlock(&vm->list_lock);
	spin_lock(&vm->list_lock);
	kfree(kzalloc(8, GFP_KERNEL)); // want "atomic-sleep struct vm.list_lock > kzalloc()"
	spin_unlock(&vm->list_lock);
}

void *flags(struct vm *vm, int how, int given)
{
	const int both = GFP_KERNEL | GFP_ZERO;
	int maybe = GFP_ATOMIC;
	void *p;

	spin_lock(&vm->list_lock);
	p = kzalloc(8, both); // want "atomic-sleep struct vm.list_lock > kzalloc()"
	spin_unlock(&vm->list_lock);
	if (how)
		maybe = GFP_KERNEL;
	spin_lock(&vm->list_lock);
	kfree(kzalloc(8, maybe));
	kfree(kzalloc(8, how ? GFP_KERNEL : GFP_ATOMIC));
	kfree(kzalloc(8, (GFP_KERNEL | GFP_ZERO) & ~GFP_RECLAIM));
	kfree(kzalloc(8, given));
	spin_unlock(&vm->list_lock);
	return p;
}
