package exit

import "sync"

var lastly struct {
	sync.Mutex
	next int
	do   map[int]func()
}

// Lastly has f called if the process is ended at once, by a second signal, before forget is called: for what must not be left
// behind, such as a hidden cursor. f must be quick, since somebody is waiting for the prompt.
func Lastly(f func()) (forget func()) {
	lastly.Lock()
	defer lastly.Unlock()
	if lastly.do == nil {
		lastly.do = map[int]func(){}
	}
	n := lastly.next
	lastly.next++
	lastly.do[n] = f
	return func() {
		lastly.Lock()
		defer lastly.Unlock()
		delete(lastly.do, n)
	}
}

// DoLastly does all of it, the newest first. Call it before the process ends at once.
func DoLastly() {
	lastly.Lock()
	defer lastly.Unlock()
	for n := lastly.next - 1; n >= 0; n-- {
		if f := lastly.do[n]; f != nil {
			f()
		}
	}
}
