package evidence

// A code is one entry of the features of a space of groups (NewGroupSpace): a number that says all that
// a model needs, so that predictions, awaited starts and examples carry one list of numbers, whatever the
// family of models. Its top bits say what it is:
//
//	token    0 | group (8 bits) | row (16 bits)                 a value of a group, hashed to a row
//	aligned  1 | kind (8 bits)  | reason (5 bits)               the kind speaks for the reason
//	amount   2 | kind (5 bits)  | reason (5 bits) | 16 bits     how much it does so, signed, in AmountUnit
//
// The layout is part of the state and of the topic of examples: a change of it needs another
// groupsVersion.
const (
	CodeToken   = 0
	CodeAligned = 1
	CodeAmount  = 2
	// AmountUnit is what one step of an amount is worth. Amounts are logarithms of ratios: a hundredth of
	// one is below what any of them means.
	AmountUnit = 1.0 / 256
)

// KindOfCode is CodeToken, CodeAligned or CodeAmount. Of a number that is no code it is another.
func KindOfCode(code int32) int32 { return code >> 26 }

func tokenCode(group, row int) int32 { return CodeToken<<26 | int32(group)<<16 | int32(row) }

// TokenOf is the group and the row of a token.
func TokenOf(code int32) (group, row int) { return int(code >> 16 & 0xff), int(code & 0xffff) }

func alignedCode(kind, reason int) int32 { return CodeAligned<<26 | int32(kind)<<5 | int32(reason) }

// AlignedOf is the kind of evidence and the reason that it speaks for.
func AlignedOf(code int32) (kind, reason int) { return int(code >> 5 & 0xff), int(code & 31) }

// amountCode rounds the amount once: the model that predicts and the learner see the same number.
func amountCode(kind, reason int, x float64) int32 {
	x = min(max(x, -100), 100) / AmountUnit
	if x < 0 {
		x -= 0.5
	} else {
		x += 0.5
	}
	return CodeAmount<<26 | int32(kind)<<21 | int32(reason)<<16 | int32(uint16(int16(x)))
}

// subjectOf is a code without what it is worth: its group, or its kind and reason.
func subjectOf(code int32) int32 {
	if KindOfCode(code) == CodeAligned {
		return code
	}
	return code >> 16
}

// AmountOf is the kind of evidence, the reason, and how much it speaks for it.
func AmountOf(code int32) (kind, reason int, x float64) {
	return int(code >> 21 & 31), int(code >> 16 & 31), float64(int16(uint16(code))) * AmountUnit
}
