package desk

// maxRecent bounds each half of what a store remembers: some megabytes.
const maxRecent = 1 << 15

// recent remembers of the last keys what the store has for them, so that they need be neither read nor written again.
// What was not asked for in a while is forgotten.
type recent struct{ young, old map[string]string }

func (r *recent) get(k string) (v string, ok bool) {
	if v, ok = r.young[k]; !ok {
		if v, ok = r.old[k]; ok {
			r.put(k, v)
		}
	}
	return v, ok
}

func (r *recent) put(k, v string) {
	if r.young == nil || len(r.young) >= maxRecent {
		r.young, r.old = map[string]string{}, r.young
	}
	r.young[k] = v
}
