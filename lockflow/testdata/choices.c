#include <linux/kernel.h>
#include "dev.h"
// rule L24: wide tables, and two choices on one way.

/* The core: whose device it is, its callers know. */
void dev_poke(struct dev *d)
{
	d->ops->poke(d);
}
// part dev.h
struct dev;
struct bus;
struct dev_ops {
	void (*poke)(struct dev *d);
};
struct bus_ops {
	void (*write)(struct bus *b);
};
struct dev {
	const struct dev_ops *ops;
	struct bus *bus;
	spinlock_t lock;
};
struct bus {
	const struct bus_ops *ops;
	struct mutex mutex;
};
void dev_poke(struct dev *d);
// part dev1.c
#include <linux/kernel.h>
#include "dev.h"
struct slow_dev { struct dev dev; struct mutex slow_mutex; spinlock_t irq_lock; };

static void dev1_poke(struct dev *d)
{
	struct slow_dev *s = container_of(d, struct slow_dev, dev);

	mutex_lock(&s->slow_mutex); // possible "atomic-sleep struct stranger.lock > struct slow_dev.slow_mutex" // want "atomic-sleep struct slow_dev.irq_lock > struct slow_dev.slow_mutex"
	mutex_unlock(&s->slow_mutex);
}

/* This one pokes devices of its own kind. */
void dev1_kick(struct slow_dev *s)
{
	spin_lock(&s->irq_lock);
	dev_poke(&s->dev);
	spin_unlock(&s->irq_lock);
}

const struct dev_ops dev1_ops = { .poke = dev1_poke };
// part dev2.c
#include <linux/kernel.h>
#include "dev.h"
static void dev2_poke(struct dev *d)
{
	d->bus->ops->write(d->bus);
}

const struct dev_ops dev2_ops = { .poke = dev2_poke };
// part dev3.c
#include <linux/kernel.h>
#include "dev.h"
static void dev3_poke(struct dev *d)
{
}

const struct dev_ops dev3_ops = { .poke = dev3_poke };
// part dev4.c
#include <linux/kernel.h>
#include "dev.h"
static void dev4_poke(struct dev *d)
{
}

const struct dev_ops dev4_ops = { .poke = dev4_poke };
// part dev5.c
#include <linux/kernel.h>
#include "dev.h"
static void dev5_poke(struct dev *d)
{
}

const struct dev_ops dev5_ops = { .poke = dev5_poke };
// part dev6.c
#include <linux/kernel.h>
#include "dev.h"
static void dev6_poke(struct dev *d)
{
}

const struct dev_ops dev6_ops = { .poke = dev6_poke };
// part dev7.c
#include <linux/kernel.h>
#include "dev.h"
static void dev7_poke(struct dev *d)
{
}

const struct dev_ops dev7_ops = { .poke = dev7_poke };
// part dev8.c
#include <linux/kernel.h>
#include "dev.h"
static void dev8_poke(struct dev *d)
{
}

const struct dev_ops dev8_ops = { .poke = dev8_poke };
// part bus1.c
#include <linux/kernel.h>
#include "dev.h"
static void bus1_write(struct bus *b)
{
	mutex_lock(&b->mutex); // possible "atomic-sleep struct stranger.lock > struct bus.mutex" // possible "atomic-sleep struct slow_dev.irq_lock > struct bus.mutex"
	mutex_unlock(&b->mutex);
}

const struct bus_ops bus1_ops = { .write = bus1_write };
// part bus2.c
#include <linux/kernel.h>
#include "dev.h"
static void bus2_write(struct bus *b)
{
}

const struct bus_ops bus2_ops = { .write = bus2_write };
// part bus3.c
#include <linux/kernel.h>
#include "dev.h"
static void bus3_write(struct bus *b)
{
}

const struct bus_ops bus3_ops = { .write = bus3_write };
// part bus4.c
#include <linux/kernel.h>
#include "dev.h"
static void bus4_write(struct bus *b)
{
}

const struct bus_ops bus4_ops = { .write = bus4_write };
// part stranger.c
#include <linux/kernel.h>
#include "dev.h"
struct stranger { spinlock_t lock; struct dev *led; };

/* Its device is one that does not sleep: the code does not say so. */
void stranger_blink(struct stranger *s)
{
	spin_lock(&s->lock);
	dev_poke(s->led);
	spin_unlock(&s->lock);
}
