#include <linux/kernel.h>
// rule L3
struct dev { int id; };
struct pit { struct vm *vm; struct dev dev; struct mutex lock; };

static void handler(struct dev *dev)
{
	struct pit *pit = container_of(dev, struct pit, dev);

	mutex_lock(&pit->lock); // want "self-deadlock struct pit.lock > struct pit.lock"
	mutex_unlock(&pit->lock);
}

void caller(struct pit *pit)
{
	mutex_lock(&pit->lock);
	handler(&pit->dev);
	mutex_unlock(&pit->lock);
}
