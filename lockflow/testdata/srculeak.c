#include <linux/kernel.h>
// rule L14, rule L19: a read section whose index goes through a pointer.
static int load_it(struct vm *vm, int *idx)
{
	*idx = srcu_read_lock(&vm->srcu);

	if (!vm->ready)
		return 0;
	if (vm->nr)
		return -22;
	return 1;
}

static int set_common(struct vm *vm, int *reset)
{
	int idx, r;

	if (vm->nr > 7)
		return -22;
	r = load_it(vm, &idx);
	if (r < 0)
		return r; // want "leak struct vm.srcu"
	if (r)
		*reset = 1;
	srcu_read_unlock(&vm->srcu, idx);
	return 0;
}

int set_regs(struct vm *vm)
{
	int reset = 0;
	int r = set_common(vm, &reset);

	if (r)
		return r;
	return reset;
}
