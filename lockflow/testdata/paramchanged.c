#include <linux/kernel.h>
// rule L4: a way on which a parameter was given another value is not the one on which it is the caller's.
#define GET_LOCKED 2
#define GET_CREATE 4
#define GET_QUIET 8
struct item {
	struct mutex lock;
	int nr;
};

struct item *lookup(struct vm *vm, int nr);
int insert(struct vm *vm, struct item *item);

static struct item *get_item(struct vm *vm, int nr, int flags)
{
	struct item *item;
	int err;

repeat:
	item = lookup(vm, nr);
	if (!item)
		goto none;
	if (flags & GET_LOCKED) {
		mutex_lock(&item->lock); // want "atomic-sleep struct vm.list_lock > struct item.lock"
		if (item->nr != nr) {
			mutex_unlock(&item->lock);
			goto repeat;
		}
		mutex_unlock(&item->lock);
	}
none:
	if (!item && (flags & GET_CREATE)) {
		if (!(flags & GET_QUIET))
			flags |= GET_LOCKED;
		item = kzalloc(sizeof(*item), GFP_ATOMIC);
		err = insert(vm, item);
		if (err == -EINVAL)
			goto repeat;
		if (err)
			return NULL;
	}
	return item;
}

void plain(struct vm *vm)
{
	spin_lock(&vm->list_lock);
	get_item(vm, 1, 0); // neither locked nor created
	spin_unlock(&vm->list_lock);
}

void quiet(struct vm *vm)
{
	spin_lock(&vm->irqfds.lock);
	get_item(vm, 2, GET_QUIET);
	spin_unlock(&vm->irqfds.lock);
}

void creates(struct vm *vm)
{
	spin_lock(&vm->list_lock);
	get_item(vm, 3, GET_CREATE);
	spin_unlock(&vm->list_lock);
}

void reader(struct vm *vm)
{
	read_lock(&vm->mmu_lock);
	get_item(vm, 4, 0);
	read_unlock(&vm->mmu_lock);
}
