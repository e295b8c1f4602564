package reports

// An Identity is what a finding is known again by. The fingerprint is made of names
// and not of files, so that a file may be renamed; but two static functions may have
// one name, and then the file tells their findings apart.
type Identity struct {
	Fingerprint string
	File        string
}

// Identity is what the finding is known again by.
func (f Finding) Identity() Identity { return Identity{f.Fingerprint, f.File} }

// Recognise says of each finding of now which one of before it is: its index, or -1
// for none. The same fingerprint in the same file comes first. What is left of a
// fingerprint is taken to have moved to another file, one for one, in the order of
// both lists; moved says whether one of before may have.
//
// Two before and three now are one that is new. Which one that is cannot be known if
// files were renamed at the same time: the numbers are right, and the names are alike.
func Recognise(before, now []Identity, moved func(i int) bool) []int {
	out := make([]int, len(now))
	here, left := map[Identity][]int{}, map[string][]int{}
	for i, id := range before {
		here[id] = append(here[id], i)
	}
	taken := make([]bool, len(before))
	for j, id := range now {
		if out[j] = -1; len(here[id]) > 0 {
			out[j] = here[id][0]
			here[id] = here[id][1:]
			taken[out[j]] = true
		}
	}
	for i, id := range before {
		if !taken[i] && moved(i) {
			left[id.Fingerprint] = append(left[id.Fingerprint], i)
		}
	}
	for j, id := range now {
		if list := left[id.Fingerprint]; out[j] < 0 && len(list) > 0 {
			out[j], left[id.Fingerprint] = list[0], list[1:]
		}
	}
	return out
}
