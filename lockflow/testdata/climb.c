#include <linux/kernel.h>
// rule L6: a release that nobody near made room for is no release of a far caller's.
struct vm *any_vm(void);
int ask(struct vm *vm);

/* Takes and releases under one condition, which is asked twice. */
static void release_maybe(void)
{
	struct vm *vm = any_vm();
	int locked = 0;

	if (ask(vm))
		mutex_unlock(&vm->slots_lock);
}

static void far_three(struct vm *vm)
{
	release_maybe();
}

static void far_two(struct vm *vm)
{
	far_three(vm);
}

static void far_one(struct vm *vm)
{
	far_two(vm);
}

void holds_on(struct vm *vm)
{
	mutex_lock(&vm->slots_lock);
	far_one(vm);
	mutex_lock(&vm->lock); // pair "struct vm.slots_lock > struct vm.lock"
	mutex_unlock(&vm->lock);
	mutex_unlock(&vm->slots_lock);
}

/* Who is given the object releases it from afar. */
static void named_three(struct vm *vm)
{
	mutex_unlock(&vm->slots_lock);
}

static void named_two(struct vm *vm)
{
	named_three(vm);
}

static void named_one(struct vm *vm)
{
	named_two(vm);
}

void lets_go(struct vm *vm)
{
	mutex_lock(&vm->slots_lock);
	named_one(vm);
	mutex_lock(&vm->slots_lock); // free again
	mutex_unlock(&vm->slots_lock);
}
