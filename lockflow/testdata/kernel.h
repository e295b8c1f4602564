/* The little of the kernel that the fixtures need. */
struct mutex { int owner; };
typedef struct { int v; } spinlock_t;
typedef struct { int v; } raw_spinlock_t;
typedef struct { int v; } rwlock_t;
struct rw_semaphore { int v; };
struct srcu_struct { int v; };
typedef struct { int v; } refcount_t;
#define NULL ((void *)0)
#define EINTR 4
#define EINVAL 22
#define ENOMEM 12
#define GFP_KERNEL 1
#define GFP_ATOMIC 2
#define GFP_ZERO 4
#define GFP_RECLAIM 1
typedef _Bool bool;
#define true 1
#define false 0
void mutex_lock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);
int mutex_trylock(struct mutex *lock);
int mutex_lock_killable(struct mutex *lock);
void mutex_lock_nest_lock(struct mutex *lock, struct mutex *outer);
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
void read_lock(rwlock_t *lock);
void read_unlock(rwlock_t *lock);
void write_lock(rwlock_t *lock);
void write_unlock(rwlock_t *lock);
int srcu_read_lock(struct srcu_struct *s);
void srcu_read_unlock(struct srcu_struct *s, int idx);
void synchronize_srcu(struct srcu_struct *s);
void lockdep_assert_held(void *lock);
void lockdep_assert_held_write(void *lock);
void lockdep_assert_held_read(void *lock);
void lockdep_assert_not_held(void *lock);
void down_read(struct rw_semaphore *s);
void up_read(struct rw_semaphore *s);
void down_write(struct rw_semaphore *s);
void up_write(struct rw_semaphore *s);
bool test_bit(long nr, unsigned long *addr);
void set_bit(long nr, unsigned long *addr);
void clear_bit(long nr, unsigned long *addr);
bool refcount_dec_and_test(refcount_t *r);
void *kzalloc(unsigned long size, int flags);
void kfree(void *p);
void schedule(void);
#define offsetof(type, member) __builtin_offsetof(type, member)
#define container_of(ptr, type, member) ({ \
	void *__mptr = (void *)(ptr); \
	((type *)(__mptr - offsetof(type, member))); })

struct vm;
struct vcpu {
	struct mutex mutex;
	struct vm *vm;
	int id;
};
struct vm {
	struct mutex lock;
	struct mutex slots_lock;
	rwlock_t mmu_lock;
	spinlock_t list_lock;
	struct srcu_struct srcu;
	refcount_t users;
	struct { spinlock_t lock; int n; } irqfds;
	struct vcpu *vcpus[16];
	int nr;
	bool ready;
};
struct vcpu *find_vcpu(struct vm *vm, int i);
