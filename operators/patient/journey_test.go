package patient

import (
	"reflect"
	"testing"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

const t0 = schemas.Millis(testStart)

// The caller's number is known first, then the record number that they type in: one contact.
func TestContactAcrossTwoIdentifiersOfAPersonIsOne(t *testing.T) {
	s := newSite(t)
	s.link(schemas.LinkOpLink, "l1", t0, phone("p1"), mrn("m1"))
	s.quiet()
	s.touch(callStep("k1", t0+schemas.Minute, schemas.CallEventSelfService, "call-1", phone("p1")), 0)
	s.touch(callStep("k2", t0+2*schemas.Minute, schemas.CallEventQueued, "call-1", phone("p1"), mrn("m1")), 0)
	s.touch(callStep("k3", t0+3*schemas.Minute, schemas.CallEventAbandoned, "call-1", mrn("m1")), 0)
	s.touch(callStep("k4", t0+3*schemas.Minute, schemas.CallEventEnded, "call-1", mrn("m1")), 0)
	s.quiet()
	for id, phase := range map[string]person.ContactPhase{"k1": person.ContactStarted, "k2": person.ContactInProgress, "k3": person.ContactEnded, "k4": person.ContactNone} {
		if k := s.sighted(id); len(k) != 1 || k[0].phase != phase {
			t.Errorf("%s: got %+v, want phase %d", id, k, phase)
		}
	}
	if p := s.personas()[s.owner(mrn("m1"))]; p.Calls != 1 {
		t.Errorf("got %d calls, want 1", p.Calls)
	}
}

// TestJourneyIsEmptiedThenNothingOfTheOneBeforeIsLeft but what is filled anew wherever it is used, and
// keeps its memory until then.
func TestJourneyIsEmptiedThenNothingOfTheOneBeforeIsLeft(t *testing.T) {
	kept := map[string]bool{"Persona": true, "Prediction": true, "Decision": true, "recents": true, "Recents": true, "Names": true}
	var j person.Journey
	v := reflect.ValueOf(&j).Elem()
	fillFields(v)
	j.Empty()
	for i := range v.NumField() {
		name, left := v.Type().Field(i).Name, v.Field(i)
		if kept[name] || left.IsZero() || left.Kind() == reflect.Slice && left.Len() == 0 {
			continue
		}
		t.Errorf("%s is left", name)
	}
}

// fillFields sets every field of a struct to something.
func fillFields(v reflect.Value) {
	for i := range v.NumField() {
		f := reflect.NewAt(v.Field(i).Type(), v.Field(i).Addr().UnsafePointer()).Elem() // unexported ones, too
		switch f.Kind() {
		case reflect.Struct:
			fillFields(f)
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
		case reflect.Map:
			f.Set(reflect.MakeMap(f.Type()))
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		case reflect.String:
			f.SetString("x")
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Float64:
			f.SetFloat(1)
		default:
			f.Set(reflect.ValueOf(1).Convert(f.Type()))
		}
	}
}
