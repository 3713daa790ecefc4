package schemas

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/linkedin/goavro/v2"
)

func TestEveryCodecAgreesWithGoavro(t *testing.T) {
	for _, d := range Definitions() {
		t.Run(d.Name, func(t *testing.T) {
			oracle, err := goavro.NewCodec(d.Schema)
			if err != nil {
				t.Fatal(err)
			}
			goavro.MaxBlockCount = 1 << 16
			s := newSampler(t, d.Schema, 42)
			for range 200 {
				src := s.sample()
				if err := DecodeWhole(d.New(), src); err != nil {
					t.Fatalf("a sample is refused: %v", err)
				}
				compareWithOracle(t, oracle, d.New, src)
				for range 20 {
					compareWithOracle(t, oracle, d.New, s.damage(src))
				}
			}
		})
	}
}

// damage changes, cuts or lengthens a copy of src.
func (s *sampler) damage(src []byte) []byte {
	b := bytes.Clone(src)
	if len(b) == 0 {
		return b
	}
	switch i := s.rand.IntN(len(b)); s.rand.IntN(3) {
	case 0:
		b[i] = byte(s.rand.IntN(256))
	case 1:
		b = b[:i]
	case 2:
		b = append(b[:i], append([]byte{byte(s.rand.IntN(256))}, b[i:]...)...)
	}
	return b
}

func TestDecodingAgainIntoTheSameRecordLeavesNothingBehind(t *testing.T) {
	for _, d := range Definitions() {
		t.Run(d.Name, func(t *testing.T) {
			s := newSampler(t, d.Schema, 43)
			used := d.New()
			for range 200 {
				src := s.sample()
				if err := DecodeWhole(used, src); err != nil {
					t.Fatal(err)
				}
				if got := used.AppendAvro(nil); !bytes.Equal(got, src) {
					t.Fatalf("got %x\nwant %x", got, src)
				}
			}
		})
	}
}

func TestResetLeavesTheZeroRecord(t *testing.T) {
	for _, d := range Definitions() {
		t.Run(d.Name, func(t *testing.T) {
			s := newSampler(t, d.Schema, 44)
			want := d.New().AppendAvro(nil)
			used := d.New()
			for range 50 {
				if err := DecodeWhole(used, s.sample()); err != nil {
					t.Fatal(err)
				}
				used.Reset()
				if got := used.AppendAvro(nil); !bytes.Equal(got, want) {
					t.Fatalf("got %x\nwant %x", got, want)
				}
			}
		})
	}
}

func TestCloneOutlivesTheBuffer(t *testing.T) {
	for _, d := range Definitions() {
		t.Run(d.Name, func(t *testing.T) {
			s := newSampler(t, d.Schema, 45)
			for range 100 {
				want := s.sample()
				buffer := bytes.Clone(want)
				v := d.New()
				if err := DecodeWhole(v, buffer); err != nil {
					t.Fatal(err)
				}
				clone := cloneOf(v)
				for i := range buffer {
					buffer[i] = 'X'
				}
				v.Reset()
				_ = DecodeWhole(v, s.sample()) // the record's own slices are written over, too
				if got := clone.AppendAvro(nil); !bytes.Equal(got, want) {
					t.Fatalf("got %x\nwant %x", got, want)
				}
			}
		})
	}
}

// cloneOf calls Clone, which has a different type for each record.
func cloneOf(v Record) Record {
	clone := reflect.ValueOf(v).MethodByName("Clone").Call(nil)[0]
	p := reflect.New(clone.Type())
	p.Elem().Set(clone)
	return p.Interface().(Record)
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	for _, d := range Definitions() {
		t.Run(d.Name, func(t *testing.T) {
			s := newSampler(t, d.Schema, 46)
			v := d.New()
			src := s.sample()
			dst := make([]byte, 0, 2*len(src))
			allocs := testing.AllocsPerRun(100, func() {
				if err := DecodeWhole(v, src); err != nil {
					t.Fatal(err)
				}
				dst = v.AppendAvro(dst[:0])
			})
			if allocs > 0 && !hasOptionalSlices(reflect.TypeOf(v).Elem()) {
				t.Errorf("%v allocations a record", allocs)
			}
		})
	}
}

// hasOptionalSlices finds records whose slices are within Opt, which a missing value frees.
func hasOptionalSlices(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice:
		return t.Elem().Kind() == reflect.Struct && hasOptionalSlices(t.Elem())
	case reflect.Struct:
		if v, ok := t.FieldByName("V"); ok && t.NumField() == 2 {
			return containsSlice(v.Type)
		}
		for i := range t.NumField() {
			if hasOptionalSlices(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

func containsSlice(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return t.Kind() == reflect.Slice
	}
	for i := range t.NumField() {
		if containsSlice(t.Field(i).Type) {
			return true
		}
	}
	return false
}

func TestTouchpointRoundTrip(t *testing.T) {
	want := exampleTouchpoint()
	var got Touchpoint
	if err := DecodeWhole(&got, want.AppendAvro(nil)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
}

func TestHostileBytesAreRefusedByName(t *testing.T) {
	v := exampleTouchpoint()
	good := v.AppendAvro(nil)
	array := len(appendString(nil, v.EventID)) + 2*6 + 1 // position of the identifiers' count
	with := func(count ...byte) []byte {
		return append(append(bytes.Clone(good[:array]), count...), good[array+1:]...)
	}
	cases := []struct {
		name    string
		src     []byte
		field   string
		problem Problem
	}{
		{"nothing", nil, "Touchpoint.event_id", ProblemShort},
		{"length beyond the end", appendLong(nil, 1<<40), "Touchpoint.event_id", ProblemShort},
		{"negative length", appendLong(nil, -1), "Touchpoint.event_id", ProblemLength},
		{"number of 70 bits", bytes.Repeat([]byte{0xff}, 12), "Touchpoint.event_id", ProblemOverflow},
		{"count beyond the end", with(appendLong(nil, 1<<50)...), "Touchpoint.identifiers", ProblemCount},
		{"negative count beyond the end", with(append(appendLong(nil, -1<<50), 2)...), "Touchpoint.identifiers", ProblemCount},
		{"most negative count", with(appendLong(nil, math.MinInt64)...), "Touchpoint.identifiers", ProblemLength},
		{"cut within an identifier", good[:array+5], "Identifier.value", ProblemShort},
		{"no such channel", append(bytes.Clone(good[:array-1]), 10), "Touchpoint.channel", ProblemIndex},
		{"rest", append(bytes.Clone(good), 0), "record", ProblemRest},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got *DecodeError
			if err := DecodeWhole(new(Touchpoint), c.src); !errors.As(err, &got) {
				t.Fatalf("got %v, want a DecodeError", err)
			}
			if got.Field != c.field || got.Problem != c.problem {
				t.Errorf("got %s: %v, want %s: %v", got.Field, got.Problem, c.field, c.problem)
			}
		})
	}
}

func TestBlocksWithSizesAreRead(t *testing.T) {
	var want Model
	want.Reasons = []string{"a", "b", "c"}
	var src []byte
	for range 3 { // name, version, taxonomy_version
		src = append(src, 0)
	}
	src = append(src, 0, 0)            // as_of, examples
	src = append(src, 3, 8)            // a block of -2 items, 4 bytes
	src = append(src, 2, 'a', 2, 'b')  // its items
	src = append(src, 2, 2, 'c', 0)    // a block of one item, and the end
	rest := want.AppendAvro(nil)[5+8:] // what follows the reasons
	var got Model
	if err := DecodeWhole(&got, append(src, rest...)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got.Reasons, want.Reasons); diff != "" {
		t.Error(diff)
	}
}

func TestMapsRefuseDoubleKeys(t *testing.T) {
	pairs := func(keys ...string) []Pair[int] {
		var p []Pair[int]
		for _, k := range keys {
			p = append(p, Pair[int]{Key: k})
		}
		return p
	}
	for _, c := range []struct {
		keys []string
		want int
	}{{nil, 7}, {[]string{"a", "b"}, 7}, {[]string{"b", "a"}, 7}, {[]string{"a", "a"}, int(ProblemKeys)}, {[]string{"b", "a", "b"}, int(ProblemKeys)}} {
		if got := checkKeys(pairs(c.keys...), 7); got != c.want {
			t.Errorf("%v: got %d, want %d", c.keys, got, c.want)
		}
	}
}

func TestAnIndexThatDoesNotExistIsNotWritten(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a record that nobody can read was written")
		}
	}()
	v := Touchpoint{Channel: 99}
	v.AppendAvro(nil)
}

func TestEnumsParseTheirSymbols(t *testing.T) {
	for c := ChannelUnknown; c < ChannelCount; c++ {
		if got, ok := ParseChannel(c.String()); !ok || got != c {
			t.Errorf("%v: got %v, %v", c, got, ok)
		}
	}
	if got, ok := ParseChannel("fax"); ok || got != ChannelUnknown {
		t.Errorf("got %v, %v", got, ok)
	}
}

func TestMillisIsUTC(t *testing.T) {
	if got, want := Millis(915_148_800_007).String(), "1999-01-01T00:00:00.007Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := MillisOf(Millis(-12345).Time()); got != -12345 {
		t.Errorf("got %d", int64(got))
	}
}

func TestFixedTakesItsSizeOrNothing(t *testing.T) {
	var digest [3]byte
	if got := readFixed(digest[:], []byte("abcde"), 1); got != 4 || string(digest[:]) != "bcd" {
		t.Errorf("got %d, %q", got, digest)
	}
	if got := readFixed(digest[:], []byte("abc"), 1); got != int(ProblemShort) {
		t.Errorf("got %d, want %d", got, ProblemShort)
	}
}
