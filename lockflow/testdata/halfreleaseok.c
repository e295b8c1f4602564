#include <linux/kernel.h>
// rule L22: a callee that releases on one way out, and callers that know when.
// clean
int ask(struct vm *vm);
void note(int x);

/* By the returned value. */
static int by_value(struct vm *vm)
{
	if (ask(vm)) {
		mutex_unlock(&vm->lock);
		return -EINTR;
	}
	return ask(vm);
}

int value_caller(struct vm *vm)
{
	int ret;

	mutex_lock(&vm->lock);
	ret = by_value(vm);
	if (ret == -EINTR)
		return ret;
	mutex_unlock(&vm->lock);
	return ret;
}

/* Two values, one way. */
static int two_values(struct vm *vm)
{
	int ret = -EINTR;

	if (ask(vm))
		goto drop;
	ret = -ENOMEM;
	if (!find_vcpu(vm, 0))
		goto drop;
	return ask(vm);
drop:
	mutex_unlock(&vm->lock);
	return ret;
}

int two_values_caller(struct vm *vm)
{
	int ret;

	mutex_lock(&vm->lock);
	ret = two_values(vm);
	switch (ret) {
	case -EINTR:
	case -ENOMEM:
		return ret;
	}
	mutex_unlock(&vm->lock);
	return ret;
}

/* By a bool that is its own result. */
static bool still_locked(struct vm *vm)
{
	if (ask(vm)) {
		mutex_unlock(&vm->slots_lock);
		return false;
	}
	return true;
}

void bool_caller(struct vm *vm)
{
	mutex_lock(&vm->slots_lock);
	if (still_locked(vm))
		mutex_unlock(&vm->slots_lock);
}

/* By an out-parameter. */
static int by_out(struct vm *vm, bool *locked)
{
	int ret = ask(vm);

	if (ret) {
		mutex_unlock(&vm->lock);
		*locked = false;
	} else {
		*locked = true;
	}
	return ask(vm);
}

int out_caller(struct vm *vm)
{
	bool locked;
	int ret;

	mutex_lock(&vm->lock);
	ret = by_out(vm, &locked);
	if (locked)
		mutex_unlock(&vm->lock);
	return ret;
}

/* Only one way stores; the caller has set the other value. */
static int by_out_once(struct vm *vm, bool *locked)
{
	if (ask(vm)) {
		mutex_unlock(&vm->lock);
		*locked = false;
	}
	return ask(vm);
}

int out_once_caller(struct vm *vm)
{
	bool locked = true;
	int ret;

	mutex_lock(&vm->lock);
	ret = by_out_once(vm, &locked);
	if (locked)
		mutex_unlock(&vm->lock);
	return ret;
}

/* By a member of an object that both know. */
struct ctx { struct vm *vm; bool dropped; };

static int by_member(struct ctx *c)
{
	if (ask(c->vm)) {
		mutex_unlock(&c->vm->lock);
		c->dropped = true;
	}
	return ask(c->vm);
}

int member_caller(struct vm *vm)
{
	struct ctx c = { .vm = vm, .dropped = false };
	int ret;

	mutex_lock(&vm->lock);
	ret = by_member(&c);
	if (!c.dropped)
		mutex_unlock(&vm->lock);
	return ret;
}

/* By a flag that the caller passes. */
static int by_flag(struct vm *vm, bool drop)
{
	int ret = ask(vm);

	if (drop)
		mutex_unlock(&vm->lock);
	return ret;
}

int flag_caller(struct vm *vm)
{
	int ret;

	mutex_lock(&vm->lock);
	ret = by_flag(vm, false);
	if (ret)
		mutex_unlock(&vm->lock);
	else
		ret = by_flag(vm, true);
	return ret;
}

int flag_passed_on(struct vm *vm, bool drop)
{
	int ret;

	mutex_lock(&vm->lock);
	ret = by_flag(vm, drop);
	if (!drop)
		mutex_unlock(&vm->lock);
	return ret;
}

/* Both test one condition. */
static int by_state(struct vm *vm)
{
	if (vm->ready)
		mutex_unlock(&vm->lock);
	return ask(vm);
}

int state_caller(struct vm *vm)
{
	int ret;

	mutex_lock(&vm->lock);
	ret = by_state(vm);
	if (!vm->ready)
		mutex_unlock(&vm->lock);
	return ret;
}

/* Dropped and taken again on every way. */
static int again(struct vm *vm)
{
	int ret;

	lockdep_assert_held(&vm->lock);
	mutex_unlock(&vm->lock);
	ret = ask(vm);
	mutex_lock(&vm->lock);
	if (ret)
		return ret;
	return ask(vm);
}

int again_caller(struct vm *vm)
{
	int ret;

	mutex_lock(&vm->lock);
	ret = again(vm);
	mutex_unlock(&vm->lock);
	return ret;
}

/* The other way releases through a wrapper. */
static void drop_lock(struct vm *vm)
{
	mutex_unlock(&vm->lock);
}

static int by_out_early(struct vm *vm, int id, bool *locked)
{
	if (id < 0)
		return -EINVAL;
	return by_out_once(vm, locked);
}

void out_wrapped_caller(struct vm *vm, int id)
{
	bool locked = true;

	mutex_lock(&vm->lock);
	by_out_early(vm, id, &locked);
	if (locked)
		drop_lock(vm);
}
