#include <linux/kernel.h>
// rule L19: a number in a struct that the caller has filled in tells which lock is held; so does its pointer to the lock.
struct entry { int bits; };
struct walk {
	int level;
	struct entry e;
	spinlock_t *lock;
	int nr;
};

int present(struct vm *vm, int level);
int is_shared(struct entry e);
void poke(struct walk w);
struct vcpu *pick(struct vm *vm, int level);
void rcu_read_lock(void);
void rcu_read_unlock(void);
int fault(struct vm *vm);

static struct vcpu *walk_start(struct walk *w, struct vm *vm)
{
	struct vcpu *vcpu;
	spinlock_t *lock;

	if (present(vm, 1)) {
		lock = &vm->irqfds.lock;
		spin_lock(lock);
		w->level = 1;
		vcpu = pick(vm, 1);
		if (vcpu)
			goto found;
		spin_unlock(lock);
		return NULL;
	}
	lock = &vm->list_lock;
	rcu_read_lock();
	spin_lock(lock);
	w->level = 0;
	vcpu = pick(vm, 0);
	if (vcpu)
		goto found;
	spin_unlock(lock);
	rcu_read_unlock();
	return NULL;
found:
	w->lock = lock;
	return vcpu;
}

static void walk_end(struct walk *w)
{
	spin_unlock(w->lock);
	if (w->level == 0)
		rcu_read_unlock();
}

int walks(struct vm *vm)
{
	struct walk w;

	do {
		struct vcpu *vcpu = walk_start(&w, vm);
		int shared = 0;

		if (vcpu) {
			shared = is_shared(w.e);
			poke(w);
			walk_end(&w);
		}
		if (!shared)
			return 0;
		schedule();
	} while (fault(vm));
	return 1;
}

int sleeps(struct vm *vm)
{
	struct walk w;

	if (!walk_start(&w, vm))
		return 0;
	if (w.level == 1) {
		spin_unlock(w.lock);
		schedule();
		return 1;
	}
	spin_unlock(w.lock);
	schedule(); // want "atomic-sleep rcu > schedule()"
	rcu_read_unlock();
	return 1;
}
