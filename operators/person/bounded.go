package person

import (
	"slices"
)

// How much is kept of a shard, newest last.
const (
	MaxRecent   = 16
	MaxFailed   = 8
	MaxLoops    = 8
	maxClosings = 16
	MaxReasons  = 8
)

// insertBounded inserts v at i into a list whose first is the oldest, dropping that where the list
// is full. A v that is older than all of a full list is not kept.
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

// insertionSort sorts a short list that is made of a few sorted ones, stably and without a closure
// over it.
func insertionSort[T any](list []T, less func(a, b *T) bool) {
	for i := 1; i < len(list); i++ {
		for k := i; k > 0 && less(&list[k], &list[k-1]); k-- {
			list[k], list[k-1] = list[k-1], list[k]
		}
	}
}

// NewestOf is the last n of a list.
func NewestOf[T any](list []T, n int) []T { return list[max(0, len(list)-n):] }
