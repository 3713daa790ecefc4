package schemas

// What may stand in fields that nobody has tagged: names of the site's content map, codes, and
// references of source systems. A source that writes a URL, a search phrase or a patient's own words
// there would send them to every topic and every table.

const (
	longestName = 64
	digitsInRow = 5  // as many in a row are no year and no page number, but part of a record or phone number
	refLength   = 26 // of a person_ref
)

// IsName says whether s may be a name or a code: at most 64 letters, digits and / _ - . : +, with
// fewer than five digits in a row.
func IsName(s string) bool { return isOf(s, digitsInRow) }

// IsReference says whether s may be a reference: like a name, with any number of digits.
func IsReference(s string) bool { return isOf(s, longestName+1) }

// IsPersonRef says whether s has the form of a person_ref: 26 letters and digits in lower case.
func IsPersonRef(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return len(s) == refLength
}

// isOf says whether s is of the characters of names, with fewer digits in a row than limit.
func isOf(s string, limit int) bool {
	run := 0
	for i := range len(s) {
		switch nameBytes[s[i]] {
		case 0:
			return false
		case isDigit:
			if run++; run >= limit {
				return false
			}
		default:
			run = 0
		}
	}
	return len(s) <= longestName
}

const (
	isNamePart = 1
	isDigit    = 2
)

// nameBytes says which bytes a name may be of.
var nameBytes = func() (set [256]byte) {
	for _, c := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/_-.:+" {
		set[c] = isNamePart
	}
	for c := '0'; c <= '9'; c++ {
		set[c] = isDigit
	}
	return set
}()
