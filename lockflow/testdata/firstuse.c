#include <linux/kernel.h>
// rule L11: what is set up once.
static void setup(struct vm *vm)
{
	vm->ready = true;
}

static void lazy(struct vm *vm)
{
	if (!vm->ready) {
		mutex_lock(&vm->lock); // possible "self-deadlock struct vm.lock > struct vm.lock"
		setup(vm);
		mutex_unlock(&vm->lock);
	}
}

void use(struct vm *vm)
{
	mutex_lock(&vm->lock);
	lazy(vm);
	mutex_unlock(&vm->lock);
}

static void forget(struct vm *vm, struct vcpu *vcpu)
{
	if (find_vcpu(vcpu->vm, vcpu->id) != vcpu) {
		mutex_lock(&vm->slots_lock); // possible "self-deadlock struct vm.slots_lock > struct vm.slots_lock"
		mutex_unlock(&vm->slots_lock);
	}
}

void teardown(struct vm *vm)
{
	mutex_lock(&vm->slots_lock);
	forget(vm, find_vcpu(vm, 0));
	mutex_unlock(&vm->slots_lock);
}

// A lock that the same path takes is held at the first use as well.
static void setup_under(struct vm *vm)
{
	mutex_lock(&vm->slots_lock); // pair "struct vcpu.mutex > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
	vm->ready = true;
}

void first_with_lock(struct vm *vm, struct vcpu *vcpu)
{
	if (vm->ready)
		return;
	mutex_lock(&vcpu->mutex);
	setup_under(vm);
	mutex_unlock(&vcpu->mutex);
}

// A mode that the same code enters and leaves is not entered once.
struct cpu { struct mutex lock; struct mutex tables; bool real; bool mapped; struct vm *vm; };
int map_tables(struct cpu *cpu);

static void enter_real(struct cpu *cpu)
{
	mutex_lock(&cpu->lock); // want "self-deadlock struct cpu.lock > struct cpu.lock"
	mutex_unlock(&cpu->lock);
	cpu->real = true;
}

static void leave_real(struct cpu *cpu)
{
	cpu->real = false;
}

static void set_mode(struct cpu *cpu, bool real)
{
	if (cpu->real && !real)
		leave_real(cpu);
	if (!cpu->real && real)
		enter_real(cpu);
}

void reset(struct cpu *cpu)
{
	mutex_lock(&cpu->lock);
	set_mode(cpu, true);
	mutex_unlock(&cpu->lock);
}

// What is taken back because it failed was still the first time.
static void unmap_tables(struct cpu *cpu)
{
	cpu->mapped = false;
}

static int map_once(struct cpu *cpu)
{
	int ret;

	if (cpu->mapped)
		return 0;
	mutex_lock(&cpu->tables); // possible "self-deadlock struct cpu.tables > struct cpu.tables"
	cpu->mapped = true;
	ret = map_tables(cpu);
	if (ret)
		unmap_tables(cpu);
	mutex_unlock(&cpu->tables);
	return ret;
}

int map_again(struct cpu *cpu)
{
	int ret;

	mutex_lock(&cpu->tables);
	ret = map_once(cpu);
	mutex_unlock(&cpu->tables);
	return ret;
}
