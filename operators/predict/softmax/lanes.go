package softmax

import "github.com/attune-health/attune/operators/evidence"

// lanes are whole numbers of 16 bits for four reasons, side by side in one word: sixty tokens are added up for
// each touchpoint, and a word at a time that is a few instructions for four reasons.
//
//	bits 63     48 47     32 31     16 15      0
//	    | reason 3 | reason 2 | reason 1 | reason 0 |
//
// Each is kept with its sign. With the sign's bit turned around (flip) it is the number plus 1<<15, never
// negative, so that two of them with room between (even) can be added at once without one running into the
// next.
type lanes uint64

const (
	// lanesEach is how many reasons a word has.
	lanesEach = 4
	// blockWords is how many words are added up in one go. A row has a whole number of blocks, so that it begins
	// where half a line of the cache does.
	blockWords   = 4
	blockReasons = blockWords * lanesEach

	flip   = lanes(0x8000_8000_8000_8000)
	even   = lanes(0x0000_ffff_0000_ffff)
	offset = 1 << 15
)

func (l lanes) get(i int) int16 { return int16(l >> (16 * i)) }

// set sets a number that is 0.
func (l *lanes) set(i int, x int16) { *l |= lanes(uint16(x)) << (16 * i) }

// sumOf adds up all numbers of a row.
func sumOf(row []lanes) int32 {
	var s lanes
	for _, x := range row {
		x ^= flip
		s += x&even + x>>16&even
	}
	return int32(uint32(s)) + int32(s>>32) - int32(len(row))*lanesEach*offset
}

// addUp adds up what the tokens among the codes add to the reasons of the block that begins with a word. There are
// at most evidence.MaxTokens tokens: sums of a lane fit 32 bits by far.
func (m *model) addUp(units *[blockReasons]int32, codes []int32, first int) {
	// Variables and not an array, which would be written to memory for each token.
	var a0, a1, a2, a3, b0, b1, b2, b3 lanes
	tokens := int32(0)
	for _, c := range codes {
		if evidence.KindOfCode(c) != evidence.CodeToken {
			continue
		}
		_, row := evidence.TokenOf(c)
		w := (*[blockWords]lanes)(m.adds[row*m.words+first:])
		x0, x1, x2, x3 := w[0]^flip, w[1]^flip, w[2]^flip, w[3]^flip
		a0, b0 = a0+x0&even, b0+x0>>16&even
		a1, b1 = a1+x1&even, b1+x1>>16&even
		a2, b2 = a2+x2&even, b2+x2>>16&even
		a3, b3 = a3+x3&even, b3+x3>>16&even
		tokens++
	}
	for i, x := range [2 * blockWords]lanes{a0, b0, a1, b1, a2, b2, a3, b3} {
		at := i/2*lanesEach + i%2
		units[at], units[at+2] = int32(uint32(x))-tokens*offset, int32(x>>32)-tokens*offset
	}
}
