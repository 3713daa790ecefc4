package oracle

import "regexp"

// nobody matches values of recorded logs that are of many people at once, and so name none of them: a
// number that a spreadsheet has rounded (3.27E+11), and a number of one digit over and over. docs/identity.md
// has the whole list, of which recorded and simulated input has no more than this.
var nobody = regexp.MustCompile(`^(\d+([.,]\d+)?[eE]\+\d+|\d|0{2,}|1{4,}|2{4,}|3{4,}|4{4,}|5{4,}|6{4,}|7{4,}|8{4,}|9{4,})$`)

// names reports whether a value can tell a person from others.
func names(value string) bool { return value != "" && !nobody.MatchString(value) }
