#include <linux/kernel.h>
// rule L15: rows of the table that end a section, or say that a body which could wait does not do so here.
void preempt_disable(void);
void sched_preempt_enable_no_resched(void);
void rcu_read_lock(void);
int pending(struct vm *vm);

void gives_up(struct vm *vm)
{
	preempt_disable();
	vm->nr++;
	sched_preempt_enable_no_resched();
	schedule();
}

void keeps(struct vm *vm)
{
	preempt_disable();
	schedule(); // want "atomic-sleep preemption > schedule()"
	sched_preempt_enable_no_resched();
}

void migrate_enable(void)
{
	schedule();
}

void __percpu_ref_switch_mode(struct vm *vm)
{
	while (pending(vm))
		schedule();
}

void pin_kill(struct vm *vm);

void spins(struct vm *vm)
{
	spin_lock(&vm->list_lock);
	migrate_enable();
	__percpu_ref_switch_mode(vm);
	spin_unlock(&vm->list_lock);
}

void pins(struct vm *vm)
{
	rcu_read_lock();
	pin_kill(vm);
	schedule();
}
