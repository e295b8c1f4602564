package cmd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"klockscan/reports"
)

// soon is how long a query may take once the tree is loaded.
const soon = 200 * time.Millisecond

// A kernelQuery is a question whose answer was found by reading Linux 7.2.
type kernelQuery struct {
	name string
	ask  func(w io.Writer) error
	want []string // lines of the answer, after blanks are trimmed
	not  []string // texts that it must not hold
}

// loadKernel analyses the tree of KLOCKSCAN_KERNEL for both architectures.
func loadKernel(t *testing.T) (*session, []*code) {
	t.Helper()
	kernel := os.Getenv("KLOCKSCAN_KERNEL")
	if kernel == "" || testing.Short() {
		t.Skip("KLOCKSCAN_KERNEL does not name a kernel tree, or short mode")
	}
	table, err := loadScopes(scopesText)
	if err != nil {
		t.Fatal(err)
	}
	o := &options{arches: []string{"x86", "arm64"}, scope: []string{table.Default}, confidence: "likely"}
	s, err := o.open(streams{err: io.Discard}, table, kernel)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	codes, err := s.analyse(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return s, codes
}

// tries is how often a query is asked until it answers soon: other work on the
// machine only makes it slower.
const tries = 10

// TestKernelQueries asks a real tree, compares the answers with what reading
// Linux 7.2 says, and measures.
func TestKernelQueries(t *testing.T) {
	s, codes := loadKernel(t)
	chain := func(f chainFlags) func(io.Writer) error {
		f.all = max(f.all, 1)
		return func(w io.Writer) error {
			doc, err := s.chainsOf(codes, &f)
			return errors.Join(err, doc.WriteText(w, reports.Style{}))
		}
	}
	callers := func(of string, f treeFlags) func(io.Writer) error {
		f.callers = true
		return func(w io.Writer) error {
			if f.entry {
				doc, err := s.entries(codes, of, f)
				return errors.Join(err, doc.WriteText(w, reports.Style{}))
			}
			doc, err := s.hops(codes, of, f)
			return errors.Join(err, doc.WriteText(w, reports.Style{}))
		}
	}
	const toMemslot = " -> __x86_set_memory_region -> kvm_set_internal_memslot -> kvm_set_memory_region -> kvm_set_memslot"
	for _, q := range []kernelQuery{
		{name: "chain", ask: chain(chainFlags{from: "kvm_vcpu_ioctl", to: "kvm_set_memslot"}),
			want: []string{
				"kvm_vcpu_ioctl -> kvm_arch_vcpu_ioctl_run -> vcpu_run -> vcpu_enter_guest -> kvm_vcpu_update_apicv -> kvm_inhibit_apic_access_page" + toMemslot,
				"no chain from kvm_vcpu_ioctl to kvm_set_memslot on arm64"}},
		// Of the callers of __x86_set_memory_region that is the only one that a running vCPU reaches.
		{name: "avoid all", ask: chain(chainFlags{from: "kvm_vcpu_ioctl", to: "kvm_set_memslot", avoid: []string{"kvm_inhibit_apic_access_page"}}),
			want: []string{"no chain from kvm_vcpu_ioctl to kvm_set_memslot without kvm_inhibit_apic_access_page on x86",
				"arm64 has no function kvm_inhibit_apic_access_page to avoid"},
			not: []string{"~>"}},
		{name: "avoid", ask: chain(chainFlags{from: "kvm_vm_ioctl", to: "kvm_set_memslot", avoid: []string{"kvm_vm_ioctl_set_memory_region"}}),
			want: []string{"kvm_vm_ioctl -> kvm_arch_vm_ioctl -> kvm_vm_ioctl_set_tss_addr -> vt_set_tss_addr -> vmx_set_tss_addr" + toMemslot,
				"no chain from kvm_vm_ioctl to kvm_set_memslot without kvm_vm_ioctl_set_memory_region on arm64"}},
		{name: "through", ask: chain(chainFlags{from: "kvm_vm_ioctl", to: "kvm_set_memslot", through: []string{"kvm_arch_vcpu_create", "vmx_vcpu_create"}, all: 20}),
			want: []string{
				"kvm_vm_ioctl -> kvm_vm_ioctl_create_vcpu -> kvm_arch_vcpu_create -> vt_vcpu_create -> vmx_vcpu_create -> kvm_alloc_apic_access_page" + toMemslot,
				"kvm_vm_ioctl -> kvm_vm_ioctl_create_vcpu -> kvm_arch_vcpu_create -> vt_vcpu_create -> vmx_vcpu_create -> init_rmode_identity_map" + toMemslot,
				"x86 only: arm64 has no function vmx_vcpu_create"},
			not: []string{"svm_vcpu_create"}},
		{name: "all 20", ask: chain(chainFlags{from: "kvm_vm_ioctl", to: "kvm_set_memslot", all: 20}),
			want: []string{"kvm_vm_ioctl -> kvm_vm_ioctl_set_memory_region -> kvm_set_memory_region -> kvm_set_memslot"}},
		{name: "all 100 async", ask: chain(chainFlags{from: "kvm_vcpu_ioctl", to: "kvm_set_memslot", all: 100, async: true})},
		{name: "no way through", ask: chain(chainFlags{from: "kvm_vcpu_ioctl", to: "kvm_set_memslot", through: []string{"kvm_dev_ioctl"}, async: true}),
			want: []string{"no chain from kvm_vcpu_ioctl to kvm_set_memslot through kvm_dev_ioctl on x86"}},
		{name: "to lock", ask: chain(chainFlags{from: "kvm_vcpu_ioctl", lock: "kvm->slots_lock", all: fewAcquisitions}),
			want: []string{
				"kvm_vcpu_ioctl -> kvm_arch_vcpu_ioctl_run -> vcpu_run -> vcpu_enter_guest -> kvm_vcpu_update_apicv -> kvm_inhibit_apic_access_page",
				"taken: kvm->slots_lock, write, in kvm_inhibit_apic_access_page() at arch/x86/kvm/lapic.c:2931",
				"taken: kvm->slots_lock, write, in kvm_vgic_map_resources() at arch/arm64/kvm/vgic/vgic-init.c:632",
				"taken: kvm->slots_lock, write, in pkvm_create_hyp_vm() at arch/arm64/kvm/pkvm.c:199"},
			not: []string{"kvm_vm_ioctl_get_dirty_log"}},
		{name: "to lock from entries", ask: chain(chainFlags{lock: "kvm->slots_lock", all: 100}),
			want: []string{
				"entry: module parameter (struct kernel_param_ops.set)",
				"taken: kvm->slots_lock, write, in set_nx_huge_pages() at arch/x86/kvm/mmu/mmu.c:7771",
				"taken: kvm->slots_lock, write, in kvm_vm_ioctl_register_coalesced_mmio() at virt/kvm/coalesced_mmio.c:139",
				"taken: kvm->slots_lock, write, in snp_launch_update() at arch/x86/kvm/svm/sev.c:2499",
				"taken: kvm->slots_lock, write, in vgic_register_its_iodev() at arch/arm64/kvm/vgic/vgic-its.c:1831"}},
		{name: "to a lock of everyone", ask: chain(chainFlags{lock: "kvm->mmu_lock", all: 100})},
		{name: "callers transitive", ask: callers("kvm_set_memslot", treeFlags{transitive: true, depth: 1 << 30, async: true}),
			want: []string{"<- kvm_set_memory_region()  [direct]  virt/kvm/kvm_main.c:2113 and 1 more call"}},
		{name: "callers entry", ask: callers("kvm_set_memslot", treeFlags{entry: true}),
			want: []string{
				"ioctl", "file operation", "by KVM_RUN", "by KVM_CREATE_VM",
				"by KVM_CREATE_VCPU, KVM_ENABLE_CAP, KVM_SET_USER_MEMORY_REGION2, KVM_SET_USER_MEMORY_REGION, KVM_SET_TSS_ADDR",
				"kvm_vm_ioctl -> kvm_vm_ioctl_set_memory_region -> kvm_set_memory_region -> kvm_set_memslot  [struct file_operations.unlocked_ioctl]",
				"kvm_gmem_release -> kvm_put_kvm -> kvm_destroy_vm -> kvm_arch_destroy_vm" + toMemslot + "  [struct file_operations.release]",
				"kvm_set_internal_memslot -> kvm_set_memory_region -> kvm_set_memslot  [EXPORT_SYMBOL_FOR_KVM_INTERNAL]"},
			not: []string{"no caller was found", "notifier", "other table"}},
		{name: "callers entry of notifiers", ask: callers("kvm_arch_vcpu_load", treeFlags{entry: true}),
			want: []string{"preempt notifier", "kvm_sched_in -> kvm_arch_vcpu_load  [struct preempt_ops.sched_in]"}},
		{name: "one architecture", ask: callers("kvm_emulate_hypercall", treeFlags{depth: 1}),
			want: []string{"x86 only: arm64 has no function kvm_emulate_hypercall"}},
	} {
		t.Run(q.name, func(t *testing.T) { s.checkKernelQuery(t, q) })
	}
}

func (s *session) checkKernelQuery(t *testing.T, q kernelQuery) {
	best := time.Hour
	var text string
	for i := 0; i < tries && (i < 3 || best > soon); i++ {
		var b bytes.Buffer
		began := time.Now()
		err := q.ask(&b)
		if best = min(best, time.Since(began)); err != nil {
			t.Fatal(err)
		}
		text = b.String()
	}
	t.Logf("%s: %d ms, %d bytes", q.name, best.Milliseconds(), len(text))
	if best > soon {
		t.Errorf("takes %v, more than %v", best, soon)
	}
	if len(text) == 0 {
		t.Error("no answer")
	}
	if s.kernel != "7.2" {
		return // the answers are of that version
	}
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimSpace(line))
	}
	for _, want := range q.want {
		if !slices.Contains(lines, want) {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
	for _, not := range q.not {
		if strings.Contains(text, not) {
			t.Errorf("%q in\n%s", not, text)
		}
	}
}
