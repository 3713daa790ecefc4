package identify

// traits are what a value is made of, found in one pass over its bytes. They are why an identifier that
// names somebody costs some tens of nanoseconds: most rules need not look at it.
// They live on the stack.
type traits struct {
	// of has a bit for each sort of byte that there is.
	// Rules ask for several sorts with one comparison.
	of uint8
	// alphanumeric is how many ASCII letters and digits there are.
	alphanumeric int
}

const (
	// traitDigit is a digit from 1: zeros alone name nobody.
	// The order counts: what is up to traitLetter is counted as alphanumeric.
	traitDigit = 1 << iota
	traitZero
	// traitHex is a letter from a to f, and traitLetter any other.
	traitHex
	traitLetter
	// traitBracket is a character of templates.
	traitBracket
	// traitMark is other punctuation, and the space.
	traitMark
	// traitOther is what is not printable ASCII.
	traitOther
)

// traitsOf finds them. They cost one table look-up for each byte.
func traitsOf(s string) (t traits) {
	for i := range len(s) {
		b := traitOf[s[i]]
		t.of |= b
		if b <= traitLetter {
			t.alphanumeric++
		}
	}
	return t
}

// traitOf is the trait of each byte.
var traitOf = func() (table [256]uint8) {
	for c := range table {
		switch {
		case c < ' ' || c > '~':
			table[c] = traitOther
		case c == '0':
			table[c] = traitZero
		case isDigit(byte(c)):
			table[c] = traitDigit
		case isHexDigit(byte(c)):
			table[c] = traitHex
		case isAlphanumeric(byte(c)):
			table[c] = traitLetter
		default:
			table[c] = traitMark
		}
	}
	// Set last: these are punctuation as well, and must count as brackets.
	for _, c := range "{}[]()<>%$#@" {
		table[c] = traitBracket
	}
	return table
}()
