#include <linux/kernel.h>
// rule L23: an assertion is a demand on the callers.
struct file;
struct file_operations {
	long (*unlocked_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
};
struct vm *vm_of(struct file *file);
struct box { struct rw_semaphore sem; unsigned long flags; struct mutex one; int n; };
struct box *box_of(struct file *file);

static void locked(struct vm *vm)
{
	lockdep_assert_held(&vm->slots_lock); // want "assert struct vm.slots_lock > struct vm.slots_lock"
	vm->nr++;
}

static void writes(struct box *b)
{
	lockdep_assert_held_write(&b->sem); // want "assert struct box.sem > struct box.sem"
	b->n++;
}

static void either(struct box *b, bool shared)
{
	if (shared)
		lockdep_assert_held_read(&b->sem);
	else
		lockdep_assert_held_write(&b->sem);
}

/* Reached through a name for the assertion. */
static void box_assert_locked(struct box *b)
{
	lockdep_assert_held(&b->one);
}

static void counts(struct box *b)
{
	box_assert_locked(b); // want "assert struct box.one > struct box.one"
	b->n++;
}

/* Whose other callers, if they are ready, need no lock. */
static void sometimes(struct box *b)
{
	if (b->n)
		lockdep_assert_held_write(&b->sem); // possible "assert struct box.sem > struct box.sem"
	b->n--;
}

/* Set up once: before the flag is set, nobody else sees the box. */
static void reset(struct box *b)
{
	lockdep_assert_held(&b->one);
	b->n = 0;
}

static void lonely(struct box *b)
{
	lockdep_assert_not_held(&b->one); // want "assert struct box.one > struct box.one"
	mutex_lock(&b->one); // want "self-deadlock struct box.one > struct box.one"
	mutex_unlock(&b->one);
}

static void sharer(struct box *b)
{
	down_read(&b->sem);
	writes(b);
	either(b, true);
	sometimes(b);
	up_read(&b->sem);
}

static void owner(struct box *b)
{
	down_write(&b->sem);
	writes(b);
	either(b, false);
	sometimes(b);
	up_write(&b->sem);
	mutex_lock(&b->one);
	counts(b);
	reset(b);
	mutex_unlock(&b->one);
	counts(b);
}

static void conditional(struct vm *vm, bool lock)
{
	if (lock)
		mutex_lock(&vm->lock);
	else
		mutex_lock(&vm->slots_lock);
	if (!lock)
		locked(vm);
	if (lock)
		mutex_unlock(&vm->lock);
	else
		mutex_unlock(&vm->slots_lock);
}

static void step(struct vm *vm)
{
	locked(vm);
}

static void first(struct box *b)
{
	if (test_bit(3, &b->flags))
		return;
	reset(b);
	set_bit(3, &b->flags);
}

static long ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct box *b = box_of(file);
	struct vm *vm = vm_of(file);

	conditional(vm, arg);
	first(b);
	sharer(b);
	owner(b);
	mutex_lock(&b->one);
	lonely(b);
	mutex_unlock(&b->one);
	if (cmd == 5)
		step(vm);
	return 0;
}

static const struct file_operations fops = { .unlocked_ioctl = ioctl };
