#include <linux/kernel.h>
// rule L14, rule L9
int forgotten(struct vm *vm, int x)
{
	int ret = 0;

	mutex_lock(&vm->lock);
	if (x < 0)
		return -EINVAL; // want "leak struct vm.lock"
	if (x == 7) {
		ret = -EINTR;
		goto out;
	}
	vm->nr = x;
out:
	mutex_unlock(&vm->lock);
	return ret;
}

void *label(struct vm *vm, int x)
{
	void *p = kzalloc(8, GFP_KERNEL);

	if (!p)
		return NULL;
	mutex_lock(&vm->slots_lock);
	if (x)
		goto fail;
	mutex_unlock(&vm->slots_lock);
	return p;
fail:
	kfree(p);
	return NULL; // want "leak struct vm.slots_lock"
}

/* Nobody ever releases what this takes. */
static int missing(struct vcpu *vcpu, int x)
{
	if (x)
		return -EINVAL;
	mutex_lock(&vcpu->mutex);
	vcpu->id = x;
	return 0; // want "leak struct vcpu.mutex"
}

static int reader(struct vm *vm, int x)
{
	int idx = srcu_read_lock(&vm->srcu);

	if (x)
		return -EINVAL; // want "leak struct vm.srcu"
	srcu_read_unlock(&vm->srcu, idx);
	return missing(vm->vcpus[0], x);
}

/* Held on success only: a constructor. */
int begin(struct vm *vm)
{
	mutex_lock(&vm->lock);
	if (vm->ready) {
		mutex_unlock(&vm->lock);
		return -EINVAL;
	}
	return 0;
}

/* Held by design, and the argument says when. */
void end(struct vm *vm, bool keep)
{
	mutex_lock(&vm->lock);
	vm->nr++;
	if (keep)
		return;
	mutex_unlock(&vm->lock);
}

int both(struct vm *vm)
{
	int r = begin(vm);

	if (r)
		return r;
	mutex_unlock(&vm->lock);
	return 0;
}

/* A lock that something takes which is handed around, and its helper's helper. */
static void lock_deep(struct vm *vm)
{
	mutex_lock(&vm->slots_lock);
}

static void lock_mid(struct vm *vm)
{
	lock_deep(vm);
}

static void begin_work(struct vm *vm)
{
	vm->nr++;
	lock_mid(vm);
}

static void end_work(struct vm *vm)
{
	vm->nr--;
	mutex_unlock(&vm->slots_lock);
}

int transaction(struct vm *vm, int n)
{
	begin_work(vm);
	if (!find_vcpu(vm, n))
		return 0; // possible "leak struct vm.slots_lock"
	end_work(vm);
	return 0;
}

int helpers_helper(struct vm *vm, int n)
{
	lock_mid(vm);
	if (!find_vcpu(vm, n))
		return 0; // want "leak struct vm.slots_lock"
	end_work(vm);
	return 0;
}
