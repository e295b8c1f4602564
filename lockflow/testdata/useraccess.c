#include <linux/kernel.h>
// rule L15: an access of user memory may fault, and the fault sleeps, unless
// page faults are disabled: then it fails.
unsigned long copy_to_user(void *to, const void *from, unsigned long n);
unsigned long __copy_from_user(void *to, const void *from, unsigned long n);
unsigned long __copy_from_user_inatomic(void *to, const void *from, unsigned long n);
#define get_user(x, ptr) ({ (x) = *(ptr); 0; })
void pagefault_disable(void);
void pagefault_enable(void);
void preempt_disable(void);
void preempt_enable(void);
struct page_of { struct vm *vm; void *user; int data; };

static int write_page(struct page_of *p)
{
	if (copy_to_user(p->user, &p->data, 4)) // want "atomic-sleep struct vm.list_lock > copy_to_user()"
		return -EINVAL;
	return 0;
}

static int write_all(struct page_of *p)
{
	int idx = srcu_read_lock(&p->vm->srcu);
	int ret = write_page(p);

	srcu_read_unlock(&p->vm->srcu, idx);
	return ret;
}

int under_the_lock(struct page_of *p)
{
	int ret;

	spin_lock(&p->vm->list_lock);
	ret = write_all(p);
	spin_unlock(&p->vm->list_lock);
	return ret;
}

int with_preemption_off(struct page_of *p)
{
	int ret;

	preempt_disable();
	ret = __copy_from_user(&p->data, p->user, 4); // want "atomic-sleep preemption > __copy_from_user()"
	preempt_enable();
	return ret;
}

/* After the lock, and under one whose holder may sleep. */
int behind_the_lock(struct page_of *p)
{
	int ret;

	spin_lock(&p->vm->list_lock);
	p->data++;
	spin_unlock(&p->vm->list_lock);
	ret = write_all(p);
	mutex_lock(&p->vm->lock);
	ret |= write_all(p);
	mutex_unlock(&p->vm->lock);
	return ret;
}

/* The access fails instead of sleeping. */
static int read_value(struct page_of *p, int *user)
{
	int ret;

	pagefault_disable();
	ret = get_user(p->data, user);
	pagefault_enable();
	return ret;
}

int no_fault(struct page_of *p, int *user)
{
	int ret;

	spin_lock(&p->vm->list_lock);
	ret = read_value(p, user);
	ret |= __copy_from_user_inatomic(&p->data, p->user, 4);
	pagefault_disable();
	ret |= write_all(p);
	pagefault_enable();
	spin_unlock(&p->vm->list_lock);
	return ret;
}

/* Its helper disables page faults for it. */
static void map(struct page_of *p)
{
	preempt_disable();
	pagefault_disable();
	p->data++;
}

static void unmap(struct page_of *p)
{
	p->data--;
	pagefault_enable();
	preempt_enable();
}

int mapped(struct page_of *p)
{
	int ret;

	map(p);
	ret = write_page(p);
	unmap(p);
	return ret;
}

/* Only the access is covered, not the allocation beside it. */
void *still_sleeps(struct page_of *p)
{
	void *mem;

	spin_lock(&p->vm->list_lock);
	pagefault_disable();
	mem = kzalloc(8, GFP_KERNEL); // want "atomic-sleep struct vm.list_lock > kzalloc()"
	pagefault_enable();
	spin_unlock(&p->vm->list_lock);
	return mem;
}
