package accumulator

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// MaxItems is how many different items a TopK follows, MaxItemBytes how long one may be: what is
// longer counts as its beginning.
const (
	MaxItems     = 128
	MaxItemBytes = 256
)

// Item is one of the most frequent ones. Its true count is at most Count and at least Count-Over.
type Item struct {
	// Item is the item, cut to MaxItemBytes.
	Item string
	// Count is how often it was seen, at most; Over is by how much that may be too high.
	Count, Over int64
}

// TopK follows the most frequent items by the Space-Saving algorithm, merged as mergeable summaries
// are: exactly as long as there are no more than MaxItems different ones; beyond that no count is
// over by more than the total through MaxItems, and no item more frequent than that is missing.
//
// Every choice depends on counts and items alone, not on an order in memory: a restored TopK goes on
// as the one that was stored.
type TopK struct {
	// items are those that are followed, at says where each is.
	items []Item
	at    map[string]int
	// floor: no item that is not followed was seen more often. 0 as long as all counts are exact.
	floor int64
}

// Add counts an item n times, n above 0. The string may alias a record: what is kept is copied.
func (t *TopK) Add(item string, n int64) {
	item = item[:min(len(item), MaxItemBytes)]
	if i, ok := t.at[item]; ok {
		t.items[i].Count += n
		return
	}
	item = strings.Clone(item)
	if len(t.items) < MaxItems && t.floor == 0 {
		t.append(Item{item, n, 0})
		return
	}
	t.evict()
	t.append(Item{item, t.floor + n, t.floor})
}

// append follows one more item.
func (t *TopK) append(x Item) {
	if t.at == nil {
		t.at = make(map[string]int)
	}
	t.at[x.Item] = len(t.items)
	t.items = append(t.items, x)
}

// evict makes room for one item by forgetting the least frequent, of equals the last by name. The floor
// rises to its count: an item that comes back may have been it.
func (t *TopK) evict() {
	if len(t.items) < MaxItems {
		return
	}
	least := 0
	for i := range t.items {
		if compareItems(&t.items[i], &t.items[least]) > 0 {
			least = i
		}
	}
	t.floor = max(t.floor, t.items[least].Count)
	delete(t.at, t.items[least].Item)
	last := len(t.items) - 1
	if least < last {
		t.items[least] = t.items[last]
		t.at[t.items[least].Item] = least
	}
	t.items = t.items[:last]
}

// compareItems puts the more frequent first.
func compareItems(a, b *Item) int {
	return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Item, b.Item))
}

// Merge takes in what other has. An item that only one of the two follows may have been seen by the
// other up to its floor, which is added to Count and Over.
func (t *TopK) Merge(other *TopK) {
	if len(other.items) == 0 {
		return
	}
	for i := range t.items {
		if _, ok := other.at[t.items[i].Item]; !ok {
			t.items[i].Count += other.floor
			t.items[i].Over += other.floor
		}
	}
	for _, x := range other.items {
		if i, ok := t.at[x.Item]; ok {
			t.items[i].Count += x.Count
			t.items[i].Over += x.Over
			continue
		}
		t.append(Item{x.Item, x.Count + t.floor, x.Over + t.floor})
	}
	t.floor += other.floor
	if len(t.items) <= MaxItems {
		return
	}
	slices.SortFunc(t.items, func(a, b Item) int { return compareItems(&a, &b) })
	t.floor = max(t.floor, t.items[MaxItems].Count)
	clear(t.items[MaxItems:])
	t.items = t.items[:MaxItems]
	clear(t.at)
	for i := range t.items {
		t.at[t.items[i].Item] = i
	}
}

// Top returns the n most frequent items, the most frequent first, equals by name.
func (t *TopK) Top(n int) []Item {
	items := slices.Clone(t.items)
	slices.SortFunc(items, func(a, b Item) int { return compareItems(&a, &b) })
	return items[:min(max(n, 0), len(items))]
}

// Exact reports whether all counts are exact.
func (t *TopK) Exact() bool { return t.floor == 0 }

// Append appends the binary form: version, floor, number of items, then per item its length, itself,
// its count, and by how much that may be over.
func (t *TopK) Append(dst []byte) []byte {
	dst = binary.AppendUvarint(append(dst, version), uint64(t.floor))
	dst = binary.AppendUvarint(dst, uint64(len(t.items)))
	for i := range t.items {
		x := &t.items[i]
		dst = append(binary.AppendUvarint(dst, uint64(len(x.Item))), x.Item...)
		dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(x.Count)), uint64(x.Over))
	}
	return dst
}

// Decode sets t to what src begins with.
func (t *TopK) Decode(src []byte) ([]byte, error) {
	r := open(src)
	t.floor = r.natural()
	n := r.length(MaxItems, 3)
	for range n {
		item := string(r.bytes(r.length(MaxItemBytes, 1)))
		x := Item{item, r.natural(), r.natural()}
		if _, twice := t.at[item]; twice || x.Over >= x.Count {
			r.fail(errForm)
		}
		if r.err != nil {
			return nil, r.err
		}
		t.append(x)
	}
	if t.floor > 0 && n == 0 {
		r.fail(errForm)
	}
	return r.b, r.err
}
