#include <linux/kernel.h>
// rule L13: who asks for an interrupt says by which argument what runs inside it,
// and what in a thread.
typedef int irqreturn_t;
typedef irqreturn_t (*irq_handler_t)(int irq, void *dev);
int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name, void *dev);
int request_threaded_irq(unsigned int irq, irq_handler_t handler, irq_handler_t fn, unsigned long flags, const char *name, void *dev);
int request_any_context_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name, void *dev);
struct callback_head { struct callback_head *next; void (*func)(struct callback_head *head); };
void call_rcu(struct callback_head *head, void (*fn)(struct callback_head *head));
int task_work_add(void *task, struct callback_head *work, int how);
int stop_machine(int (*fn)(void *data), void *data, void *cpus);

static inline void init_task_work(struct callback_head *work, void (*fn)(struct callback_head *head))
{
	work->func = fn;
}

struct port {
	struct mutex lock;
	spinlock_t irq_lock;
	struct callback_head rcu;
	struct callback_head work;
	int pending;
};

static bool port_there(struct port *p)
{
	bool there;

	mutex_lock(&p->lock); // want "atomic-sleep irq_handler > struct port.lock"
	there = p->pending;
	mutex_unlock(&p->lock);
	return there;
}

static irqreturn_t port_irq(int irq, void *dev)
{
	struct port *p = dev;

	if (!port_there(p))
		return 0;
	spin_lock(&p->irq_lock);
	p->pending++;
	spin_unlock(&p->irq_lock);
	return 1;
}

/* Only takes what spins. */
static irqreturn_t port_quick(int irq, void *dev)
{
	struct port *p = dev;

	spin_lock(&p->irq_lock);
	p->pending++;
	spin_unlock(&p->irq_lock);
	return 2;
}

static irqreturn_t port_thread(int irq, void *dev)
{
	struct port *p = dev;

	mutex_lock(&p->lock);
	p->pending = 0;
	mutex_unlock(&p->lock);
	return 1;
}

/* The controller may be behind a bus that sleeps: so is the handler a thread. */
static irqreturn_t port_any(int irq, void *dev)
{
	struct port *p = dev;

	mutex_lock(&p->lock);
	mutex_unlock(&p->lock);
	return 1;
}

static void port_free(struct callback_head *head)
{
	struct port *p = container_of(head, struct port, rcu);

	mutex_lock(&p->lock); // want "atomic-sleep rcu_callback > struct port.lock"
	mutex_unlock(&p->lock);
	kfree(p);
}

/* On its task's way to user space: not after a grace period, though stored in a head of the same type. */
static void port_task_work(struct callback_head *head)
{
	struct port *p = container_of(head, struct port, work);

	mutex_lock(&p->lock);
	mutex_unlock(&p->lock);
}

static int port_stopped(void *data)
{
	struct port *p = data;

	kfree(kzalloc(8, GFP_KERNEL)); // want "atomic-sleep stopper > kzalloc()"
	return p->pending;
}

int port_open(struct port *p, void *task)
{
	request_irq(1, port_irq, 0, "port", p);
	request_threaded_irq(2, port_quick, port_thread, 0, "port", p);
	request_any_context_irq(3, port_any, 0, "port", p);
	init_task_work(&p->work, port_task_work);
	task_work_add(task, &p->work, 0);
	return stop_machine(port_stopped, p, NULL);
}

void port_close(struct port *p)
{
	call_rcu(&p->rcu, port_free);
}
