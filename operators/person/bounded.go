package person

import (
	"slices"
)

// How much is kept of a shard, newest last.
const (
	// MaxRecent is how many of the last steps are kept, of any kind.
	MaxRecent = 16
	// MaxFailed bounds failed digital steps: a brief names a few.
	MaxFailed = 8
	// MaxLoops bounds open loops.
	MaxLoops = 8
	// maxClosings bounds closings. There are more of them than loops, since one may close what another
	// shard has opened, or what has yet to arrive.
	maxClosings = 16
	// MaxReasons bounds the reasons of earlier contacts.
	MaxReasons = 8
)

// insertBounded inserts v at i into a list whose first is the oldest, dropping that where the list is full.
// A v that is older than all of a full list is not kept. So what a list holds in the end are the newest of
// all, in whatever order they came.
func insertBounded[T any](list []T, i int, v T, bound int) []T {
	if len(list) < bound {
		return slices.Insert(list, i, v)
	}
	if i == 0 {
		return list
	}
	copy(list, list[1:i])
	list[i-1] = v
	return list
}

// insertionSort sorts a short list that is made of a few sorted ones, stably and without a closure over it.
// Stability keeps equals in the order of their shards, which is that of names.
func insertionSort[T any](list []T, less func(a, b *T) bool) {
	for i := 1; i < len(list); i++ {
		for k := i; k > 0 && less(&list[k], &list[k-1]); k-- {
			list[k], list[k-1] = list[k-1], list[k]
		}
	}
}

// NewestOf is the last n of a list, which aliases it.
func NewestOf[T any](list []T, n int) []T { return list[max(0, len(list)-n):] }
