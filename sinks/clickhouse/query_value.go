package clickhouse

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// timeLayout shows milliseconds only if there are any.
const timeLayout = "2006-01-02 15:04:05.999"

// indirect follows pointers and interfaces; ok is false where it ends in nil.
func indirect(v reflect.Value) (_ reflect.Value, ok bool) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return v, false
		}
		v = v.Elem()
	}
	return v, v.IsValid()
}

func isNumber(v reflect.Value) bool {
	v, ok := indirect(v)
	if !ok {
		return false
	}
	return v.CanInt() || v.CanUint() || v.CanFloat()
}

// appendJSON writes any value that the library scans into. NaN and infinities become null: JSON has none.
func appendJSON(dst []byte, v reflect.Value) []byte {
	v, ok := indirect(v)
	if !ok {
		return append(dst, "null"...)
	}
	if t, ok := v.Interface().(time.Time); ok {
		return appendQuoted(dst, t.Format(time.RFC3339Nano))
	}
	if text, ok := textOf(v); ok {
		return appendQuoted(dst, text)
	}
	switch {
	case v.Kind() == reflect.Bool:
		return strconv.AppendBool(dst, v.Bool())
	case v.CanInt():
		return strconv.AppendInt(dst, v.Int(), 10)
	case v.CanUint():
		return strconv.AppendUint(dst, v.Uint(), 10)
	case v.CanFloat():
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return append(dst, "null"...)
		}
		return strconv.AppendFloat(dst, v.Float(), 'g', -1, 64)
	case v.Kind() == reflect.Slice || v.Kind() == reflect.Array:
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, v.Index(i))
		}
		return append(dst, ']')
	}
	text, err := json.Marshal(v.Interface()) // maps, and what is rarer
	if err != nil {
		return appendQuoted(dst, fmt.Sprint(v.Interface()))
	}
	return append(dst, text...)
}

// textOf is the text of strings, and of types that have a text form: UUIDs, decimals, addresses, big numbers.
func textOf(v reflect.Value) (string, bool) {
	if v.Kind() == reflect.String {
		return v.String(), true
	}
	x := v.Interface()
	if v.CanAddr() {
		x = v.Addr().Interface()
	}
	if s, ok := x.(fmt.Stringer); ok {
		return s.String(), true
	}
	return "", false
}

// cell is the text of a value in a table, on one line.
func cell(v reflect.Value) string {
	v, ok := indirect(v)
	if !ok {
		return "NULL"
	}
	if t, ok := v.Interface().(time.Time); ok {
		return timeText(t)
	}
	if text, ok := textOf(v); ok {
		return strings.Map(oneLine, text)
	}
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		return number(v.Float())
	case reflect.Slice, reflect.Array:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = cell(v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	if v.CanInt() || v.CanUint() || v.Kind() == reflect.Bool {
		return fmt.Sprint(v.Interface())
	}
	return string(appendJSON(nil, v))
}

// timeText is a time in the zone of its column, which is told where it is not UTC.
func timeText(t time.Time) string {
	if t.Location() == time.UTC || t.Location().String() == "UTC" {
		return t.Format(timeLayout)
	}
	return t.Format(timeLayout + " -07:00")
}

// number writes whole numbers in full, large ones to two places and others to six digits.
func number(f float64) string {
	switch size := math.Abs(f); {
	case f == math.Trunc(f) && size < 1e15:
		return strconv.FormatFloat(f, 'f', 0, 64)
	case size >= 1e6 && size < 1e15:
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
	return strconv.FormatFloat(f, 'g', 6, 64)
}

// oneLine replaces control characters: a value must not be able to steer the terminal.
func oneLine(r rune) rune {
	if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
		return ' '
	}
	return r
}

func appendQuoted(dst []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always encode
	}
	return append(dst, text...)
}
