package decide

import (
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

const (
	hungUpWithin = 30 * schemas.Minute
	soon         = schemas.Day // an appointment that is told
)

// addFacts adds what must be known first. Where it is not certain who calls, or the patient has died and
// somebody else calls, that is all that is told of the history.
func (d *Step) addFacts(j *person.Journey, f *facts) {
	if f.deceased {
		d.add(sayDeceased, args{}, d.isRecord(j, schemas.EhrEventDeceased))
	}
	if f.identityConflict {
		d.add(sayConflict, args{}, false)
	}
	if d.hidesHistory(f) {
		return
	}
	d.addFlag(j, f)
	if f.Critical && f.InContact {
		d.add(sayClinicianFirst, args{}, d.isRecord(j, schemas.EhrEventResultFinal))
	}
	if j.Person.Policy.Adult == adultNo {
		d.add(sayMinor, args{}, false)
	}
	if f.InContact {
		d.addLanguage(j, f)
		d.addCalls(j, f)
	}
	d.addAppointment(j, f)
}

func (d *Step) hidesHistory(f *facts) bool { return f.identityConflict || f.deceased }

// addFlag tells of the step that raised a red flag.
func (d *Step) addFlag(j *person.Journey, f *facts) {
	if f.Flag == schemas.FlagNone {
		return
	}
	say := sayFlagUrgent
	if f.Flag == schemas.FlagEmergency {
		say = sayFlagEmergency
	}
	a := args{ago: d.now - f.FlagAt, where: schemas.ChannelWeb, reason: len(d.taxonomy.Reasons)}
	for walk := j.Recent(); ; {
		r := walk.Next()
		if r == nil {
			break
		}
		if r.At == f.FlagAt && r.Channel.IsDigital() {
			a.where, a.reason = r.Channel, d.reasonOrNone(d.viewReason(r))
			if viewMessage(r) == saySearched {
				say++
			}
			break
		}
	}
	d.add(say, a, d.isTrigger(j, f.FlagAt))
}

// addLanguage tells a language that is not the agents' own, and whether an interpreter is needed.
func (d *Step) addLanguage(j *person.Journey, f *facts) {
	language := j.Persona.Language
	need := f.Needs&needLanguage != 0
	fresh := need && d.isRecord(j, schemas.EhrEventNeedRecorded)
	switch {
	case need && language != "":
		d.add(sayLanguageInterpreter, args{language: language}, fresh)
	case need:
		d.add(sayInterpreter, args{}, fresh)
	case language != "" && baseLanguage(language) != baseLanguage(d.words.Language):
		d.add(sayLanguage, args{language: language}, false)
	}
}

// addCalls tells that it is not the first call.
func (d *Step) addCalls(j *person.Journey, f *facts) {
	about := f.top
	if d.menu >= 0 {
		about = d.menu
	}
	same, all := int(f.Repeats[about])+1, 1
	for i := range d.taxonomy.Reasons {
		all += int(f.Repeats[i])
	}
	switch {
	case same >= 2 && (d.menu >= 0 || d.isSure(f)):
		d.addCount(sayNthCallAbout, same, about)
	case all >= 3:
		d.addCount(sayNthCall, all, about)
	}
	if o := hungUp(j); o != nil {
		d.add(sayHungUp, args{ago: d.now - o.LastAt, span: o.LastAt - o.StartedAt}, false)
	}
}

func (d *Step) addCount(say message, n, reason int) {
	if n >= len(d.words.Ordinals) {
		say = sayManyCalls
	}
	d.add(say, args{n: n, reason: reason}, false)
}

// hungUp is the contact that was hung up in the queue shortly before this one, or nil.
func hungUp(j *person.Journey) (found *schemas.OpenContact) {
	for n, st := range j.Shards {
		if !j.MayHaveContacts(n) {
			continue
		}
		for i := range st.Contacts {
			o := &st.Contacts[i]
			before := j.Contact.StartedAt - o.LastAt
			if o.Abandoned && o != j.Contact && before >= 0 && before < hungUpWithin && (found == nil || o.LastAt > found.LastAt) {
				found = o
			}
		}
	}
	return found
}

// addAppointment tells of an appointment that is about to begin.
func (d *Step) addAppointment(j *person.Journey, f *facts) {
	if f.Evidence.Facts&(1<<schemas.EhrEventAppointmentBooked|1<<schemas.EhrEventAppointmentChanged) == 0 {
		return
	}
	due := schemas.Millis(0)
	signals := j.Signals(d.taxonomy)
	for i := range signals.Facts {
		x := &signals.Facts[i]
		booked := x.Event == schemas.EhrEventAppointmentBooked || x.Event == schemas.EhrEventAppointmentChanged
		if booked && x.Due >= d.now && x.Due-d.now < soon && (due == 0 || x.Due < due) {
			due = x.Due
		}
	}
	if due != 0 {
		d.add(sayAppointment, args{ago: due - d.now}, false)
	}
}

// isTrigger reports whether what happened at a time is what the decision is made for.
func (d *Step) isTrigger(j *person.Journey, at schemas.Millis) bool {
	return j.Touchpoint != nil && j.Touchpoint.OccurredAt == at
}

func (d *Step) isRecord(j *person.Journey, e schemas.EhrEvent) bool {
	return j.Touchpoint != nil && j.Touchpoint.Body.Kind == schemas.TouchpointBodyEhr && j.Touchpoint.Body.Ehr.Event == e
}
