#include <linux/kernel.h>
// rule L2: what a loop finds in a list of an object leads back to that object,
// though the cursor is NULL at the end of the list; rule L16.
struct hnode { struct hnode *next; };
struct hhead { struct hnode *first; };
struct kvm;
struct notifier { struct hnode link; void (*acked)(struct notifier *n); };
struct kvm {
	struct srcu_struct irq_srcu;
	struct hhead notifiers;
};
struct user { struct kvm *kvm; struct notifier notifier; };

#define entry_safe(ptr, type, member) ({ \
	struct hnode *____ptr = (ptr); \
	____ptr ? container_of(____ptr, type, member) : NULL; })
#define for_each(pos, head, member) \
	for (pos = entry_safe((head)->first, struct notifier, member); pos; \
	     pos = entry_safe(pos->member.next, struct notifier, member))

static void gone(struct notifier *n)
{
	struct user *u = container_of(n, struct user, notifier);

	synchronize_srcu(&u->kvm->irq_srcu); // want "srcu struct kvm.irq_srcu > struct kvm.irq_srcu"
}

static void quiet(struct notifier *n)
{
	struct user *u = container_of(n, struct user, notifier);
	int idx = srcu_read_lock(&u->kvm->irq_srcu);

	srcu_read_unlock(&u->kvm->irq_srcu, idx);
}

static void notify(struct kvm *kvm)
{
	struct notifier *n;

	for_each(n, &kvm->notifiers, link)
		n->acked(n);
}

void acknowledge(struct kvm *kvm)
{
	int idx = srcu_read_lock(&kvm->irq_srcu);

	notify(kvm);
	srcu_read_unlock(&kvm->irq_srcu, idx);
}

void set_up(struct user *u, struct user *v)
{
	u->notifier.acked = gone;
	v->notifier.acked = quiet;
}
