#include <linux/kernel.h>
#include "ops.h"
// rule L24: a table whose functions lie in several modules.

/* Generic code between the modules: it does not tell whose object it is. */
void drop_object(struct object *o)
{
	o->ops->drop(o);
}
// part ops.h
struct object;
struct object_ops {
	void (*drop)(struct object *o);
};
struct object {
	const struct object_ops *ops;
	spinlock_t lock;
};
struct tree {
	struct object base;
	struct mutex mutex;
};
struct log {
	struct object base;
	spinlock_t lock;
};
void drop_object(struct object *o);
// part tree/tree.c
#include <linux/kernel.h>
#include "../ops.h"
static void tree_drop(struct object *o)
{
	struct tree *t = container_of(o, struct tree, base);

	mutex_lock(&t->mutex); // possible "atomic-sleep struct log.lock > struct tree.mutex" // want "atomic-sleep struct object.lock > struct tree.mutex"
	mutex_unlock(&t->mutex);
}

const struct object_ops tree_ops = { .drop = tree_drop };
// part log/log.c
#include <linux/kernel.h>
#include "../ops.h"
static void log_drop(struct object *o)
{
	struct log *l = container_of(o, struct log, base);

	spin_lock(&l->lock); // possible "self-deadlock struct log.lock > struct log.lock"
	spin_unlock(&l->lock);
}

const struct object_ops log_ops = { .drop = log_drop };

/* A log's object is dropped by log_drop(), not as a tree. */
void log_forget(struct log *l, struct log *other)
{
	spin_lock(&l->lock);
	drop_object(&other->base);
	spin_unlock(&l->lock);
}
// part user/user.c
#include <linux/kernel.h>
#include "../ops.h"
/* Who has no functions in the table may have an object of any kind. */
void user_forget(struct object *o)
{
	spin_lock(&o->lock);
	drop_object(o);
	spin_unlock(&o->lock);
}
