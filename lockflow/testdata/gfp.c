#include <linux/kernel.h>
// rule L20: allocation flags that are a parameter.
static void *take_copy(int n, int gfp)
{
	return kzalloc(n, gfp | GFP_ZERO); // want "atomic-sleep struct vm.list_lock > kzalloc()"
}

static void *twice(struct vm *vm, int n, int flags)
{
	int gfp = flags;

	if (n > vm->nr)
		return NULL;
	return take_copy(2 * n, gfp);
}

void wrong(struct vm *vm)
{
	spin_lock(&vm->list_lock);
	kfree(twice(vm, 8, GFP_KERNEL | GFP_ZERO));
	spin_unlock(&vm->list_lock);
}

void right(struct vm *vm, int given)
{
	spin_lock(&vm->list_lock);
	kfree(twice(vm, 8, GFP_ATOMIC));
	kfree(twice(vm, 8, GFP_ATOMIC | GFP_ZERO));
	kfree(twice(vm, 8, given));
	kfree(twice(vm, 8, vm->ready ? GFP_KERNEL : GFP_ATOMIC));
	spin_unlock(&vm->list_lock);
	kfree(twice(vm, 8, GFP_KERNEL));
}

// A helper that asks its flags itself is believed.
static void *careful(struct vm *vm, int gfp)
{
	if (gfp == GFP_ATOMIC)
		return kzalloc(4, GFP_ATOMIC);
	might_sleep();
	return kzalloc(4, gfp);
}

void asks(struct vm *vm)
{
	spin_lock(&vm->list_lock);
	kfree(careful(vm, GFP_ATOMIC));
	spin_unlock(&vm->list_lock);
	kfree(careful(vm, GFP_KERNEL));
}
