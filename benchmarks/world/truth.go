package world

import "strconv"

// AppendJSON writes a moment as one line of a truth file (docs/world.md has the fields), without the line's end.
func (m *Moment) AppendJSON(b []byte) []byte {
	b = append(b, `{"event_id":"`...)
	b = append(b, m.EventID...)
	b = strconv.AppendInt(append(b, `","at":`...), int64(m.At), 10)
	b = strconv.AppendUint(append(b, `,"patient":`...), uint64(m.Patient), 10)
	if m.Contact != "" {
		b = append(b, `,"contact":"`...)
		b = append(b, m.Contact...)
		b = append(b, '"')
	}
	if m.Reason >= 0 {
		b = append(b, `,"reason":"`...)
		b = append(append(b, codes[m.Reason]...), '"')
	}
	b = appendNumbers(append(b, `,"reasons":`...), m.Reasons[:])
	if m.Reason < 0 {
		b = appendNumbers(append(b, `,"within":`...), m.Within[:])
	}
	if m.Delivered != "" {
		b = strconv.AppendQuote(append(b, `,"delivered":`...), m.Delivered)
		b = strconv.AppendInt(append(b, `,"delivered_at":`...), int64(m.DeliveredAt), 10)
	}
	return append(b, '}')
}

// appendNumbers writes probabilities with ten digits: the sums differ in the last ones from machine to machine
// only where compilers do not round as the language says.
func appendNumbers(b []byte, all []float64) []byte {
	for i, x := range all {
		c := byte(',')
		if i == 0 {
			c = '['
		}
		b = strconv.AppendFloat(append(b, c), x, 'g', 10, 64)
	}
	return append(b, ']')
}
