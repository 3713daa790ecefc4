package desk

// recent remembers the values of the last keys that were asked for, about most of them and at most twice as many. What
// was not asked for in a while is forgotten.
type recent[V any] struct {
	most       int
	young, old map[string]V
}

func (r *recent[V]) get(k string) (v V, ok bool) {
	if v, ok = r.young[k]; !ok {
		if v, ok = r.old[k]; ok {
			r.put(k, v)
		}
	}
	return v, ok
}

func (r *recent[V]) put(k string, v V) {
	if r.young == nil || len(r.young) >= r.most {
		r.young, r.old = map[string]V{}, r.young
	}
	r.young[k] = v
}

func (r *recent[V]) forget() { r.young, r.old = nil, nil }
