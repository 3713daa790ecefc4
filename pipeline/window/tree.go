package window

import "math/bits"

// tree has the slices of one key, by their number, and merges ranges of them: in O(log n) merges, however
// long the range and however late the record that changed a slice in the middle.
//
// It is a binary trie over the bits of the number, without nodes of one child (a PATRICIA tree). An inner
// node caches what is below it. A change makes it dirty, and it is merged again when it is next asked.
// Finding the slice that was found last takes no walk: records of one time come together.
//
//	        [0,8)                the range [1,6) is
//	    ┌─────┴─────┐            1 + [2,4) + [4,6)
//	 [0,4)        [4,8)
//	┌──┴──┐      ┌──┴──┐
//	0   [2,4)  [4,6)   7
//
// Its shape follows from which slices there are, never from the order in which they came. So what is merged
// with what does too, and a tree that was built anew after a restore gives the same bytes. A balanced tree
// would not have that: its rotations depend on the order.
type tree[A any] struct {
	// root is nil of an empty tree. last is the slice that was found or inserted last.
	root, last *node[A]
	// load is the value of a slice, as the store has it now.
	load func(n *node[A]) *A
	// n is how many slices there are.
	n int
	// free are nodes to be used anew, so that slices that come and go allocate nothing.
	free []*node[A]
}

// node is a slice, or covers those from at until before at + 1<<level.
type node[A any] struct {
	// at is the place of the slice, or of the first one that the node covers.
	at uint64
	// level is 0 of a slice, else the number of bits in which the places below differ.
	level uint8
	// dirty: it has changed since its parent was merged. Then all nodes above it are dirty too, which lets
	// change stop its walk at a last slice that is dirty.
	dirty bool
	// merged is what is below an inner node, valid unless it is dirty.
	merged      A
	left, right *node[A]
	// value is where load last found that of a slice, and generation the store's then.
	value      *A
	generation uint64
}

// place puts numbers in the order of unsigned ones, so that bits can be compared: negative slices come
// first.
func place(i int64) uint64 { return uint64(i) ^ 1<<63 }

func (n *node[A]) number() int64 { return int64(n.at ^ 1<<63) }

// covers says whether at lies below n, or is it.
func (n *node[A]) covers(at uint64) bool { return n.at>>n.level == at>>n.level }

// child is the side on which at is.
func (n *node[A]) child(at uint64) **node[A] {
	if at&(1<<(n.level-1)) == 0 {
		return &n.left
	}
	return &n.right
}

// change finds slice i, which is about to change, and nil where there is none. It marks the way down to it
// as dirty, also where it finds nothing: the caller then inserts the slice there.
func (t *tree[A]) change(i int64) *node[A] {
	at := place(i)
	if t.last != nil && t.last.at == at && t.last.dirty {
		return t.last
	}
	n := t.root
	for n != nil && n.level > 0 && n.covers(at) {
		n.dirty = true
		n = *n.child(at)
	}
	if n == nil || n.at != at || n.level > 0 {
		return nil
	}
	n.dirty = true
	t.last = n
	return n
}

// insert adds slice i, which is not there yet and is about to change.
func (t *tree[A]) insert(i int64) *node[A] {
	leaf := t.take()
	leaf.at, leaf.dirty = place(i), true
	t.last = leaf
	t.n++
	p := &t.root
	for *p != nil && (*p).covers(leaf.at) {
		(*p).dirty = true
		p = (*p).child(leaf.at)
	}
	if *p == nil {
		*p = leaf
		return leaf
	}
	// The way ends at a node that does not cover the slice. A new inner node goes above both, at the
	// highest bit in which they differ.
	below := *p
	above := t.take()
	above.dirty, above.level = true, uint8(bits.Len64(below.at^leaf.at))
	above.at = leaf.at &^ (1<<above.level - 1)
	*above.child(below.at), *above.child(leaf.at) = below, leaf
	*p = above
	return leaf
}

// remove drops slice i, if it is there. Its parent goes too and its sibling moves up, so that no inner node
// has one child.
func (t *tree[A]) remove(i int64) {
	at := place(i)
	p := &t.root
	var parent **node[A]
	for *p != nil && (*p).level > 0 && (*p).covers(at) {
		(*p).dirty = true
		parent, p = p, (*p).child(at)
	}
	leaf := *p
	if leaf == nil || leaf.at != at || leaf.level > 0 {
		return
	}
	if parent == nil {
		t.root = nil
	} else {
		n := *parent
		sibling := n.left
		if sibling == leaf {
			sibling = n.right
		}
		*parent = sibling
		t.give(n)
	}
	t.give(leaf)
	// last may be the slice that is gone.
	t.last = nil
	t.n--
}

// first is the lowest number from i on, false where there is none.
func (t *tree[A]) first(i int64) (int64, bool) {
	if n := t.root.first(place(i)); n != nil {
		return n.number(), true
	}
	return 0, false
}

// first goes left first; a subtree that ends before at has nothing.
func (n *node[A]) first(at uint64) *node[A] {
	if n == nil || n.at < at && !n.covers(at) {
		return nil
	}
	if n.level == 0 {
		return n
	}
	if found := n.left.first(at); found != nil {
		return found
	}
	return n.right.first(at)
}

// sum merges the slices from number a until before b into acc, in their order. The order matters to
// accumulators that are exact up to a bound only.
func (t *tree[A]) sum(acc *A, a, b int64, merge func(acc, other *A)) {
	if a < b {
		t.add(t.root, acc, place(a), place(b-1), merge)
	}
}

// add merges what of n lies in the range, both ends included. A node that lies in it whole is merged at
// once; at most two on each level are not.
func (t *tree[A]) add(n *node[A], acc *A, from, to uint64, merge func(acc, other *A)) {
	if n == nil {
		return
	}
	end := n.at | (1<<n.level - 1)
	switch {
	case end < from || n.at > to:
	case n.at >= from && end <= to:
		merge(acc, t.all(n, merge))
	default:
		t.add(n.left, acc, from, to, merge)
		t.add(n.right, acc, from, to, merge)
	}
}

// all is what is in and below n. It merges into a fresh zero value: what the old one shares memory with may
// have been emitted.
func (t *tree[A]) all(n *node[A], merge func(acc, other *A)) *A {
	if n.level == 0 {
		n.dirty = false
		return t.load(n)
	}
	if n.dirty {
		var zero A
		n.merged = zero
		merge(&n.merged, t.all(n.left, merge))
		merge(&n.merged, t.all(n.right, merge))
		n.dirty = false
	}
	return &n.merged
}

// take is a zero node.
func (t *tree[A]) take() *node[A] {
	if last := len(t.free) - 1; last >= 0 {
		n := t.free[last]
		t.free = t.free[:last]
		return n
	}
	return new(node[A])
}

// give takes a node back, and lets go of the value that it points to.
func (t *tree[A]) give(n *node[A]) {
	*n = node[A]{}
	t.free = append(t.free, n)
}
