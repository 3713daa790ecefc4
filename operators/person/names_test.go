package person

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/attune-health/attune/schemas"
)

// fillWords gives every string of a value a word of its own, and every list two elements.
func fillWords(v reflect.Value, n *int) {
	switch v.Kind() {
	case reflect.String:
		*n++
		v.SetString(fmt.Sprint("word-", *n))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fillWords(v.Index(i), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fillWords(v.Field(i), n)
		}
	case reflect.Bool:
		v.SetBool(true)
	}
}

// decodedAndGone encodes what is filled, decodes it by a codec, and overwrites what it was decoded from.
func decodedAndGone[V any, R keptRecord[V]](t *testing.T, decode func([]byte, *V) error) {
	t.Helper()
	var v, got V
	n := 0
	fillWords(reflect.ValueOf(&v).Elem(), &n)
	src := R(&v).AppendAvro(nil)
	if err := decode(src, &got); err != nil || n < 10 {
		t.Fatal(err, n)
	}
	want := string(src)
	clear(src)
	if again := R(&got).AppendAvro(nil); string(again) != want {
		t.Errorf("%T: something was left behind in what it was decoded from:\n%q\n%q", v, again, want)
	}
}

func TestWordsOfADecodedStateOutliveTheBytes(t *testing.T) {
	n := Names{}
	decodedAndGone(t, shardStateCodec{shardCodec, n}.DecodeValue)
	decodedAndGone(t, personStateCodec{personCodec, n}.DecodeValue)
}

// TestWordsOfStatesAreTheSame: what two states say in the same word is one string, and an id is none of
// the words.
func TestWordsOfStatesAreTheSame(t *testing.T) {
	n := Names{}
	c := shardStateCodec{shardCodec, n}
	var states [2]schemas.ShardState
	for i := range states {
		st := schemas.ShardState{Recent: []schemas.RecentStep{{Page: "refill/form", Reason: "R03"}},
			Loops: []schemas.ShardLoop{{Kind: LoopFailedForm, Reason: "R03", Ref: "refill/form"}, {Kind: LoopUnansweredMessage, Ref: "message-17"}}}
		if err := c.DecodeValue(st.AppendAvro(nil), &states[i]); err != nil {
			t.Fatal(err)
		}
	}
	if len(n) != 5 { // the empty one among them
		t.Errorf("words: %d", len(n))
	}
	if got := testing.AllocsPerRun(100, func() { n.KeepWords(&states[0]) }); got != 1 {
		t.Errorf("%v allocations, want that of the message's id", got)
	}
}
