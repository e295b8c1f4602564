#include <linux/kernel.h>
// rule L7: loops in loops that lock run at least once, at every depth. The
// inner loop's head is all that the outer loop's head leads to.
void lock_all(struct vm *vm, int n, int m)
{
	struct vcpu *vcpu;
	int i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < m; j++) {
			vcpu = find_vcpu(vm, i + j);
			mutex_lock_nest_lock(&vcpu->mutex, &vm->lock);
		}
	}
	mutex_lock(&vm->slots_lock); // pair "struct vcpu.mutex > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
	for (i = 0; i < n; i++) {
		for (j = 0; j < m; j++) {
			vcpu = find_vcpu(vm, i + j);
			mutex_unlock(&vcpu->mutex);
		}
	}
	spin_lock(&vm->list_lock); // nopair "struct vcpu.mutex > struct vm.list_lock"
	spin_unlock(&vm->list_lock);
}

// Three deep, with a way out of the middle.
int drain(struct vm *vm, int n)
{
	for (;;) {
		while (n > 1) {
			do {
				mutex_lock(&vm->lock);
				n--;
				mutex_unlock(&vm->lock);
			} while (n & 1);
			if (n == 7)
				return 1;
		}
		if (!n)
			return 0;
	}
}
