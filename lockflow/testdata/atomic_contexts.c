#include <linux/kernel.h>
// rule L13: the table names the members and the mechanisms of contexts, and says
// which of them must not sleep (L15).
struct task_struct;
struct preempt_notifier { struct vcpu *vcpu; };
struct preempt_ops {
	void (*sched_in)(struct preempt_notifier *pn, int cpu);
	void (*sched_out)(struct preempt_notifier *pn, struct task_struct *next);
};
struct hrtimer { int n; };
struct work_struct { void (*func)(struct work_struct *work); };
struct timed { struct hrtimer timer; struct vm *vm; struct work_struct work; };
struct wait_queue_entry { int (*func)(struct wait_queue_entry *e, unsigned mode, int sync, void *key); };
struct waiter { struct wait_queue_entry entry; struct vm *vm; };
void hrtimer_setup(struct hrtimer *t, int (*fn)(struct hrtimer *), int clock, int mode);
void init_waitqueue_func_entry(struct wait_queue_entry *e, int (*fn)(struct wait_queue_entry *, unsigned, int, void *));
void preempt_disable(void);
void preempt_enable(void);
void local_irq_disable(void);
void local_irq_enable(void);
void queue_work_on(int cpu, void *wq, struct work_struct *work);
void INIT_WORK(struct work_struct *w, void (*fn)(struct work_struct *));
int rcu_read_lock(void);
void rcu_read_unlock(void);
void synchronize_rcu(void);
#define RUNNABLE 1
#define RUNNING 0

/* Sleeps unless told not to: the flag is what the caller's argument compares to. */
static void refresh(struct vcpu *vcpu, bool atomic)
{
	if (atomic)
		return;
	mutex_lock(&vcpu->vm->slots_lock);
	mutex_unlock(&vcpu->vm->slots_lock);
}

static void account(struct vcpu *vcpu, bool atomic)
{
	mutex_lock(&vcpu->vm->lock); // want "atomic-sleep sched_out_preempt_notifier > struct vm.lock"
	mutex_unlock(&vcpu->vm->lock);
	if (atomic)
		return;
}

static void runstate(struct vcpu *vcpu, int state)
{
	refresh(vcpu, state == RUNNABLE);
	account(vcpu, state == RUNNABLE);
}

static void sched_out(struct preempt_notifier *pn, struct task_struct *next)
{
	runstate(pn->vcpu, RUNNABLE);
}

/* Takes nothing that sleeps. */
static void sched_in(struct preempt_notifier *pn, int cpu)
{
	spin_lock(&pn->vcpu->vm->list_lock);
	pn->vcpu->id = cpu;
	spin_unlock(&pn->vcpu->vm->list_lock);
}

static struct preempt_ops ops;

static void work(struct work_struct *work)
{
	struct timed *t = container_of(work, struct timed, work);

	mutex_lock(&t->vm->lock);
	mutex_unlock(&t->vm->lock);
}

/* A timer hands what sleeps to a work item. */
static int lazy(struct hrtimer *timer)
{
	struct timed *t = container_of(timer, struct timed, timer);

	kfree(kzalloc(8, GFP_ATOMIC));
	queue_work_on(0, NULL, &t->work);
	return 0;
}

static int eager(struct hrtimer *timer)
{
	struct timed *t = container_of(timer, struct timed, timer);

	mutex_lock(&t->vm->lock); // want "atomic-sleep hrtimer > struct vm.lock"
	mutex_unlock(&t->vm->lock);
	return 0;
}

static int wakeup(struct wait_queue_entry *e, unsigned mode, int sync, void *key)
{
	struct waiter *w = container_of(e, struct waiter, entry);

	mutex_lock(&w->vm->slots_lock); // want "atomic-sleep waitqueue > struct vm.slots_lock"
	mutex_unlock(&w->vm->slots_lock);
	return 0;
}

static void deepest(struct vm *vm)
{
	mutex_lock(&vm->lock); // want "atomic-sleep interrupts > struct vm.lock"
	mutex_unlock(&vm->lock);
}

static void deeper(struct vm *vm)
{
	deepest(vm);
}

static void deep(struct vm *vm)
{
	deeper(vm);
}

/* Interrupts are off three calls away. */
void section(struct vm *vm)
{
	local_irq_disable();
	deep(vm);
	local_irq_enable();
}

/* On again before the call. */
void over(struct vm *vm)
{
	preempt_disable();
	vm->nr++;
	preempt_enable();
	deep(vm);
}

/* A read side of RCU may not wait for the readers. */
void reader(struct vm *vm)
{
	rcu_read_lock();
	synchronize_rcu(); // want "srcu rcu > rcu"
	rcu_read_unlock();
}

void set_up(struct timed *t, struct waiter *w)
{
	ops.sched_in = sched_in;
	ops.sched_out = sched_out;
	hrtimer_setup(&t->timer, lazy, 0, 0);
	hrtimer_setup(&t->timer, eager, 0, 0);
	INIT_WORK(&t->work, work);
	init_waitqueue_func_entry(&w->entry, wakeup);
}
