#include <linux/kernel.h>
// rule L21: waiting for a work item is waiting for the locks that it takes.
struct work_struct { int pending; };
struct workqueue_struct;
void INIT_WORK(struct work_struct *w, void (*fn)(struct work_struct *w));
void flush_work(struct work_struct *w);
void queue_work(struct workqueue_struct *wq, struct work_struct *w);
void flush_workqueue(struct workqueue_struct *wq);

struct port { struct mutex lock; struct mutex log; struct work_struct up; struct work_struct quiet; struct work_struct late; };
static struct workqueue_struct *port_wq;

static void port_up(struct work_struct *w)
{
	struct port *p = container_of(w, struct port, up);

	mutex_lock(&p->lock); // want "self-deadlock struct port.lock > struct port.lock"
	mutex_unlock(&p->lock);
}

static void port_quiet(struct work_struct *w)
{
	struct port *p = container_of(w, struct port, quiet);

	if (mutex_trylock(&p->lock))
		mutex_unlock(&p->lock);
	kfree(kzalloc(8, GFP_KERNEL));
}

static void port_late(struct work_struct *w)
{
	struct port *p = container_of(w, struct port, late);

	mutex_lock(&p->log); // want "self-deadlock struct port.log > struct port.log"
	mutex_unlock(&p->log);
}

void port_init(struct port *p)
{
	INIT_WORK(&p->up, port_up);
	INIT_WORK(&p->quiet, port_quiet);
	INIT_WORK(&p->late, port_late);
}

void port_go(struct port *p)
{
	queue_work(port_wq, &p->late);
}

// Queued with the lock held: it runs later.
void port_start(struct port *p)
{
	mutex_lock(&p->log);
	port_go(p);
	mutex_unlock(&p->log);
}

static void port_flush(struct port *p)
{
	flush_work(&p->up);
}

void port_stop(struct port *p)
{
	mutex_lock(&p->lock);
	port_flush(p);
	mutex_unlock(&p->lock);
}

// A trylock gives up; a function that takes nothing is soon done.
void port_hush(struct port *p)
{
	mutex_lock(&p->lock);
	flush_work(&p->quiet);
	mutex_unlock(&p->lock);
	flush_work(&p->up);
}

// The queue holds the items of every port, also of this one.
void port_drain(struct port *p)
{
	mutex_lock(&p->log);
	flush_workqueue(port_wq);
	mutex_unlock(&p->log);
	flush_workqueue(port_wq);
}

// Another lock: an order, not a deadlock by itself.
void port_other(struct vm *vm, struct port *p)
{
	mutex_lock(&vm->lock);
	flush_work(&p->up); // nopair "struct port.lock > struct vm.lock"
	mutex_unlock(&vm->lock);
}
