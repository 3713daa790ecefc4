package pattern

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

func someMachine(tb testing.TB) *machine {
	tb.Helper()
	m, err := compile(Begin("a").NotWithin("b", time.Minute).Then("c").Within(time.Hour))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func someKey() *key {
	return &key{
		waiting:  []waiting{{-4, 2, []byte("x")}, {1_700_000_000_000, 0, nil}},
		partials: []partial{{0, -9, []found{{-9, []byte("first")}}}, {1, 60_000, []found{{0, nil}, {5, []byte("y")}}}},
	}
}

func TestStateThatIsCutOrForeignIsNotDecoded(t *testing.T) {
	c := keyCodec{someMachine(t)}
	whole := c.AppendValue(nil, someKey())
	var k key
	if err := c.DecodeValue(whole, &k); err != nil || !bytes.Equal(c.AppendValue(nil, &k), whole) {
		t.Fatalf("%+v, %v", k, err)
	}
	for n := range whole {
		if c.DecodeValue(whole[:n], new(key)) == nil {
			t.Errorf("cut to %d of %d bytes, it decodes", n, len(whole))
		}
	}
	if err := c.DecodeValue(append(bytes.Clone(whole), 0), new(key)); !errors.Is(err, errRest) {
		t.Errorf("a byte more: %v", err)
	}
	other, err := compile(Begin("a").NotWithin("b", 2*time.Minute).Then("c").Within(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if err := (keyCodec{other}).DecodeValue(whole, new(key)); !errors.Is(err, errChanged) {
		t.Errorf("state of another pattern: %v", err)
	}
	for what, k := range map[string]*key{
		"a symbol too high": {waiting: []waiting{{0, 3, nil}}}, "a state too high": {partials: []partial{{2, 0, []found{{}}}}},
		"no first record": {partials: []partial{{0, 0, nil}}}, "out of order": {waiting: []waiting{{2, 0, nil}, {1, 0, nil}}},
	} {
		if c.DecodeValue(c.AppendValue(nil, k), new(key)) == nil {
			t.Errorf("%s: it decodes", what)
		}
	}
	whole[0]++
	if c.DecodeValue(whole, new(key)) == nil {
		t.Error("another version decodes")
	}
}

// FuzzKey: what decodes is written again in a stable form, and nothing panics.
func FuzzKey(f *testing.F) {
	c := keyCodec{someMachine(f)}
	f.Add(c.AppendValue(nil, someKey()))
	f.Add(c.AppendValue(nil, new(key)))
	f.Fuzz(func(t *testing.T, b []byte) {
		var k, l key
		if c.DecodeValue(b, &k) != nil {
			return
		}
		once := c.AppendValue(nil, &k)
		if err := c.DecodeValue(once, &l); err != nil || !bytes.Equal(once, c.AppendValue(nil, &l)) {
			t.Errorf("%x becomes %x: %v", b, once, err)
		}
	})
}
