#include <linux/kernel.h>
// rule L15: a sleep behind an indirect call is likely where all objects share
// the target, and possible where the object at hand chooses among several.
struct port;
struct port_ops { void (*send)(struct port *p); void (*only)(struct port *p); };
struct port { const struct port_ops *ops; };

static void send_fast(struct port *p) { }
static void send_slow(struct port *p)
{
	kfree(kzalloc(8, GFP_KERNEL)); // possible "atomic-sleep struct vm.list_lock > kzalloc()"
}
static void only_slow(struct port *p)
{
	kfree(kzalloc(8, GFP_KERNEL)); // want "atomic-sleep struct vm.list_lock > kzalloc()"
}

const struct port_ops fast_ops = { .send = send_fast, .only = only_slow };
const struct port_ops slow_ops = { .send = send_slow };

void chooses(struct vm *vm, struct port *p)
{
	spin_lock(&vm->list_lock);
	p->ops->send(p);
	spin_unlock(&vm->list_lock);
}

void shares(struct vm *vm, struct port *p)
{
	spin_lock(&vm->list_lock);
	p->ops->only(p);
	spin_unlock(&vm->list_lock);
}
