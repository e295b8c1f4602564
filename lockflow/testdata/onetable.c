#include <linux/kernel.h>
// rule L25: calls through members of one object reach functions of one table.
struct cursor;
struct cursor_ops {
	int (*start)(struct cursor *c);
	int (*next)(struct cursor *c);
	void (*stop)(struct cursor *c);
};
struct cursor {
	const struct cursor_ops *ops;
	spinlock_t lock;
	struct mutex mutex;
	struct mutex other;
};

static int spin_start(struct cursor *c)
{
	spin_lock(&c->lock);
	return 0;
}

static int spin_next(struct cursor *c)
{
	return c->ops != NULL;
}

static void spin_stop(struct cursor *c)
{
	spin_unlock(&c->lock);
}

const struct cursor_ops spin_ops = { .start = spin_start, .next = spin_next, .stop = spin_stop };

static int sleepy_start(struct cursor *c)
{
	mutex_lock(&c->mutex);
	return 0;
}

/* Sleeps, but never under another table's spinning lock. */
static int sleepy_next(struct cursor *c)
{
	mutex_lock(&c->other); // pair "struct cursor.mutex > struct cursor.other"
	mutex_unlock(&c->other);
	return 1;
}

static void sleepy_stop(struct cursor *c)
{
	mutex_unlock(&c->mutex);
}

const struct cursor_ops sleepy_ops = { .start = sleepy_start, .next = sleepy_next, .stop = sleepy_stop };

static int bad_next(struct cursor *c)
{
	mutex_lock(&c->mutex); // want "atomic-sleep struct cursor.lock > struct cursor.mutex"
	mutex_unlock(&c->mutex);
	return 1;
}

const struct cursor_ops bad_ops = { .start = spin_start, .next = bad_next, .stop = spin_stop };

int walk(struct cursor *c)
{
	int n = 0;

	c->ops->start(c);
	n += c->ops->next(c);
	c->ops->stop(c);
	return n;
}
// part two.c
#include <linux/kernel.h>
/* Two objects may have two tables. */
struct pipe;
struct pipe_ops {
	void (*freeze)(struct pipe *p);
	void (*fill)(struct pipe *p);
	void (*thaw)(struct pipe *p);
};
struct pipe {
	const struct pipe_ops *ops;
	spinlock_t lock;
	struct mutex mutex;
};

static void fast_freeze(struct pipe *p)
{
	spin_lock(&p->lock);
}

static void fast_fill(struct pipe *p)
{
	p->mutex.owner = 0;
}

static void fast_thaw(struct pipe *p)
{
	spin_unlock(&p->lock);
}

const struct pipe_ops fast_ops = { .freeze = fast_freeze, .fill = fast_fill, .thaw = fast_thaw };

static void slow_freeze(struct pipe *p)
{
}

static void slow_fill(struct pipe *p)
{
	mutex_lock(&p->mutex); // want "atomic-sleep struct pipe.lock > struct pipe.mutex"
	mutex_unlock(&p->mutex);
}

const struct pipe_ops slow_ops = { .freeze = slow_freeze, .fill = slow_fill, .thaw = slow_freeze };

void splice(struct pipe *from, struct pipe *to)
{
	from->ops->freeze(from);
	to->ops->fill(to);
	from->ops->thaw(from);
}
// part assigned.c
#include <linux/kernel.h>
/* What is put into a table by assignment may stand beside anything. */
struct hook;
struct hook_ops {
	void (*grab)(struct hook *h);
	void (*work)(struct hook *h);
	void (*drop)(struct hook *h);
};
struct hook {
	struct hook_ops *ops;
	spinlock_t lock;
	struct mutex mutex;
};

static void hook_grab(struct hook *h)
{
	spin_lock(&h->lock);
}

static void hook_work(struct hook *h)
{
}

static void hook_drop(struct hook *h)
{
	spin_unlock(&h->lock);
}

struct hook_ops hook_ops = { .grab = hook_grab, .work = hook_work, .drop = hook_drop };

static void late_work(struct hook *h)
{
	mutex_lock(&h->mutex); // want "atomic-sleep struct hook.lock > struct hook.mutex"
	mutex_unlock(&h->mutex);
}

void hook_init(void)
{
	hook_ops.work = late_work;
}

void hook_run(struct hook *h)
{
	h->ops->grab(h);
	h->ops->work(h);
	h->ops->drop(h);
}
