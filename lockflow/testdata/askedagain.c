#include <linux/kernel.h>
// rule L12: what a helper asks of memory before it unlocks may be what the one that locked has asked.
struct page { int flags; };
int page_cached(struct page *p);
int page_shared(struct page *p);
struct vm *other_vm(void);

struct area {
	struct vm *file;
	struct vm *anon;
	int nr;
};

static void take_both(struct area *a)
{
	if (a->file)
		mutex_lock(&a->file->lock);
	if (a->anon)
		mutex_lock(&a->anon->slots_lock);
}

static void drop_both(struct area *a)
{
	if (a->anon)
		mutex_unlock(&a->anon->slots_lock);
	if (a->file)
		mutex_unlock(&a->file->lock);
}

static int moves(struct area *a, int need, int n)
{
	int err = 0;

	if (need)
		take_both(a);
	if (!page_cached(NULL)) {
		err = -EINVAL;
		goto out;
	}
	for (; n; n--)
		a->nr += n;
out:
	if (need)
		drop_both(a);
	return err;
}

int moves_all(struct area *a)
{
	return moves(a, 1, a->nr);
}

/* The same question at both ends, and something else to do where there is no lock. */
void splits(struct vm *vm, struct page *p)
{
	struct vm *v = NULL;

	if (page_shared(p) && page_cached(p)) {
		v = other_vm();
		spin_lock(&v->list_lock);
	}
	vm->nr++;
	if (page_cached(p)) {
		p->flags = 1;
		spin_unlock(&v->list_lock);
	} else {
		p->flags = 2;
	}
}

/* Who always takes it and asks only then leaves it behind. */
int forgets(struct vm *vm, struct page *p)
{
	int ret;

	spin_lock(&vm->irqfds.lock);
	ret = page_cached(p);
	if (ret) {
		p->flags = 1;
		spin_unlock(&vm->irqfds.lock);
	} else {
		p->flags = 2;
	}
	return 0; // want "leak struct vm.irqfds.lock"
}
