#include <linux/kernel.h>
// rule L23: an assertion under a condition that is older than the release of
// the lock. If every path to the condition has released it, the condition
// cannot tell who still holds it.
struct file;
struct file_operations {
	long (*unlocked_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
};
struct vm *vm_of(struct file *file);
int ask(struct vm *vm);

static void flush(struct vm *vm)
{
	lockdep_assert_held(&vm->slots_lock); // want "assert struct vm.slots_lock > struct vm.slots_lock"
	vm->nr++;
}

static void count(struct vm *vm)
{
	lockdep_assert_held(&vm->lock); // want "assert struct vm.lock > struct vm.lock"
	vm->nr++;
}

static void sync(struct vm *vm)
{
	lockdep_assert_held_write(&vm->mmu_lock);
	vm->nr++;
}

static void queue(struct vm *vm)
{
	lockdep_assert_held(&vm->list_lock);
	vm->nr++;
}

static void adjust(struct vm *vm)
{
	lockdep_assert_held(&vm->irqfds.lock);
	vm->nr++;
}

/* What is to be done was found out under the lock. */
static void flush_later(struct vm *vm)
{
	bool more;

	mutex_lock(&vm->slots_lock);
	more = vm->nr != 0;
	ask(vm);
	mutex_unlock(&vm->slots_lock);
	if (more)
		flush(vm);
}

/* Handed out through a pointer; released on two ways. */
static int find(struct vm *vm, struct vcpu **to)
{
	if (vm->nr)
		*to = vm->vcpus[0];
	return ask(vm);
}

static int count_later(struct vm *vm)
{
	struct vcpu *vcpu = NULL;

	mutex_lock(&vm->lock);
	if (find(vm, &vcpu)) {
		vm->nr = 0;
		mutex_unlock(&vm->lock);
	} else {
		mutex_unlock(&vm->lock);
	}
	if (vcpu)
		count(vm);
	return 0;
}

/* Only the path that needs no more has released it. */
static void sync_still(struct vm *vm)
{
	bool more;

	write_lock(&vm->mmu_lock);
	more = ask(vm);
	if (!more)
		write_unlock(&vm->mmu_lock);
	ask(vm);
	if (more) {
		sync(vm);
		write_unlock(&vm->mmu_lock);
	}
}

/* The caller has it if this function has not. */
static void queue_unless(struct vm *vm, bool locked)
{
	bool mine = !locked;

	if (mine) {
		spin_lock(&vm->list_lock);
		vm->nr++;
		spin_unlock(&vm->list_lock);
	}
	ask(vm);
	if (!mine)
		queue(vm);
}

/* In every turn but the last. */
static void adjust_all(struct vm *vm)
{
	int n = ask(vm);

	for (;;) {
		spin_lock(&vm->irqfds.lock);
		if (n > 4) {
			adjust(vm);
			spin_unlock(&vm->irqfds.lock);
			break;
		}
		n++;
		spin_unlock(&vm->irqfds.lock);
	}
}

static long ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vm *vm = vm_of(file);

	flush_later(vm);
	count_later(vm);
	sync_still(vm);
	adjust_all(vm);
	queue_unless(vm, false);
	spin_lock(&vm->list_lock);
	queue_unless(vm, true);
	queue(vm);
	spin_unlock(&vm->list_lock);
	mutex_lock(&vm->slots_lock);
	flush(vm);
	mutex_unlock(&vm->slots_lock);
	mutex_lock(&vm->lock);
	count(vm);
	mutex_unlock(&vm->lock);
	return 0;
}

static const struct file_operations fops = { .unlocked_ioctl = ioctl };
