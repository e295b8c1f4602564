#include <linux/kernel.h>
// rule L23: an assertion behind a call that took the lock itself, and released
// it: who calls both cannot hold it.
struct file;
struct file_operations {
	long (*unlocked_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
};
struct vm_ops {
	void (*flush)(struct vm *vm);
	void (*change)(struct vm *vm, bool locked);
};
struct vm *vm_of(struct file *file);
struct vm_ops *ops_of(struct vm *vm);
int ask(struct vm *vm);

static void nested(struct vm *vm)
{
	lockdep_assert_held_write(&vm->mmu_lock); // want "assert struct vm.mmu_lock > struct vm.mmu_lock"
	vm->nr++;
}

static void counted(struct vm *vm)
{
	lockdep_assert_held(&vm->slots_lock); // want "assert struct vm.slots_lock > struct vm.slots_lock"
	vm->nr++;
}

static void careful(struct vm *vm)
{
	lockdep_assert_held(&vm->lock); // possible "assert struct vm.lock > struct vm.lock"
	vm->nr++;
}

static void shared(struct vm *vm)
{
	lockdep_assert_held_read(&vm->mmu_lock);
	vm->nr++;
}

static void flush(struct vm *vm)
{
	write_lock(&vm->mmu_lock); // possible "self-deadlock struct vm.mmu_lock > struct vm.mmu_lock"
	vm->nr--;
	write_unlock(&vm->mmu_lock);
}

/* The assertion moved out of the section. */
static void flush_all(struct vm *vm)
{
	flush(vm);
	nested(vm);
}

/* Two calls away, on both ways. */
static int count_slots(struct vm *vm)
{
	mutex_lock(&vm->slots_lock);
	if (ask(vm)) {
		mutex_unlock(&vm->slots_lock);
		return -EINVAL;
	}
	vm->nr++;
	mutex_unlock(&vm->slots_lock);
	return 0;
}

static int count_twice(struct vm *vm)
{
	count_slots(vm);
	return count_slots(vm);
}

static void count_all(struct vm *vm)
{
	count_twice(vm);
	if (ask(vm))
		counted(vm);
}

/* Takes it only if its caller has not. */
static void change(struct vm *vm, bool locked)
{
	if (!locked)
		mutex_lock(&vm->lock);
	vm->nr++;
	if (!locked)
		mutex_unlock(&vm->lock);
}

static void change_more(struct vm *vm, bool locked)
{
	change(vm, locked);
	if (locked)
		careful(vm);
}

/* Likewise, by what the object says. */
static void change_ready(struct vm *vm)
{
	if (!vm->ready) {
		mutex_lock(&vm->lock);
		vm->nr++;
		mutex_unlock(&vm->lock);
	}
}

static void change_and_more(struct vm *vm)
{
	change_ready(vm);
	careful(vm);
}

/* The other half of its callers' cases. */
static void change_unless(struct vm *vm, bool locked)
{
	if (!locked)
		count_slots(vm);
	ask(vm);
	if (locked)
		counted(vm);
}

/* Taken again. */
static void others(struct vm *vm, struct vm *other)
{
	flush(other);
	write_lock(&vm->mmu_lock);
	nested(vm);
	write_unlock(&vm->mmu_lock);
	flush(vm);
	write_lock(&vm->mmu_lock);
	nested(vm);
	write_unlock(&vm->mmu_lock);
}

/* Another object's. */
static void of_another(struct vm *vm, struct vm *other)
{
	flush(other);
	nested(vm);
}

/* Dropped and taken again: the caller's. */
static void breathe(struct vm *vm)
{
	mutex_unlock(&vm->lock);
	ask(vm);
	mutex_lock(&vm->lock);
}

static void careful_breath(struct vm *vm)
{
	breathe(vm);
	careful(vm);
}

/* Readers nest. */
static void look(struct vm *vm)
{
	read_lock(&vm->mmu_lock);
	ask(vm);
	read_unlock(&vm->mmu_lock);
}

static void look_twice(struct vm *vm)
{
	look(vm);
	shared(vm);
}

/* Left held on success. */
static int get(struct vm *vm)
{
	mutex_lock(&vm->lock);
	if (ask(vm)) {
		mutex_unlock(&vm->lock);
		return -EINVAL;
	}
	return 0;
}

static int got(struct vm *vm)
{
	int ret = get(vm);

	if (ret)
		return ret;
	careful(vm);
	mutex_unlock(&vm->lock);
	return 0;
}

static void flush_ops(struct vm *vm)
{
	flush_all(vm);
	count_all(vm);
}

static void change_ops(struct vm *vm, bool locked)
{
	change_more(vm, locked);
	change_unless(vm, locked);
}

static const struct vm_ops ops = { .flush = flush_ops, .change = change_ops };
static const struct vm_ops ready_ops = { .flush = change_and_more };

static long ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vm *vm = vm_of(file), *other = vm_of((void *)arg);

	ops_of(vm)->flush(vm);
	ops_of(vm)->change(vm, false);
	others(vm, other);
	got(vm);
	mutex_lock(&vm->lock);
	change_more(vm, true);
	careful_breath(vm);
	mutex_unlock(&vm->lock);
	mutex_lock(&vm->slots_lock);
	counted(vm);
	change_unless(vm, true);
	mutex_unlock(&vm->slots_lock);
	write_lock(&vm->mmu_lock);
	of_another(vm, other);
	write_unlock(&vm->mmu_lock);
	read_lock(&vm->mmu_lock);
	look_twice(vm);
	read_unlock(&vm->mmu_lock);
	return 0;
}

static const struct file_operations fops = { .unlocked_ioctl = ioctl };
