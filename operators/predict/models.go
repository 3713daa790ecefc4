package predict

import (
	"bytes"
	"strings"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

const (
	// currentKey is the key of the record that names the version in force.
	currentKey = ModelName + "/current"
	// PinKey is the key of the record that holds a version in force, whole, whatever the trainer publishes. One
	// that names no version lets go of it.
	PinKey = ModelName + "/pin"
	// versionsKept bounds the versions in memory. One suffices while models only go forward; the
	// others let an operator go back to an earlier version without waiting for it to be published
	// again.
	versionsKept = 4
)

// CenterKey is the key of the contact center's state in the topic of models.
const CenterKey = "contact-center/state"

// DriftKey is the key of the record that says what has drifted. No task reads it: a model follows what drifts by itself.
const DriftKey = "drift/state"

// ContestKey begins the keys of records that say how champion and challenger did in a window of labels, before its number.
const ContestKey = "contest/"

// takeCenter takes the contact center's state. One that cannot be read is passed over: the next comes soon.
func (p *Step) takeCenter(value []byte) {
	id, payload, ok := emit.SplitFrame(value)
	if !ok || id != p.modelID || schemas.DecodeWhole(&p.incoming, payload) != nil {
		return
	}
	var c evidence.Center
	if p.incoming.TaxonomyVersion == p.taxonomy.Version && c.Take(p.incoming.AsOf, p.incoming.ClassWeight, len(p.taxonomy.Reasons)) {
		p.center = &c
	}
}

// modelVersions are the newest versions of the model in wire form, oldest first. They are kept
// encoded: a model is made ready only when it is put in force, which is once for most and never for
// some.
type modelVersions struct {
	kept []modelBytes
}

// modelBytes is one version as it was published, in the newest schema.
type modelBytes struct {
	version string
	value   []byte
}

// put keeps a version, and drops the oldest where there are too many. It copies: the record belongs
// to the fetch buffer.
func (v *modelVersions) put(version string, value []byte) {
	m := modelBytes{strings.Clone(version), bytes.Clone(value)}
	if len(v.kept) == versionsKept {
		copy(v.kept, v.kept[1:])
		v.kept = v.kept[:versionsKept-1]
	}
	v.kept = append(v.kept, m)
}

// get returns a version, nil where it is not kept.
func (v *modelVersions) get(version string) []byte {
	for i := range v.kept {
		if v.kept[i].version == version {
			return v.kept[i].value
		}
	}
	return nil
}

// DecodeModel reads a model of this build or of an earlier one. A record of one version is no whole record of
// another.
func DecodeModel(v *schemas.Model, payload []byte) error {
	if err := schemas.DecodeWhole(v, payload); err == nil {
		return nil
	}
	return decodePast(v, payload)
}

// decodePast reads a model of an earlier build: of those that had no share of unknown reasons, then no skill, then no hazards, then no hashed features, then no
// feature space either. A record of one is no whole record of another.
func decodePast(v *schemas.Model, payload []byte) (err error) {
	for _, decode := range pastModels {
		if err = decode(v, payload); err == nil {
			return nil
		}
	}
	return err
}

var pastModels = [...]func(schemas.Record, []byte) error{
	schemas.PastReader(schemas.ModelSchema, "model", 5),
	schemas.PastReader(schemas.ModelSchema, "model", 4),
	schemas.PastReader(schemas.ModelSchema, "model", 3),
	schemas.PastReader(schemas.ModelSchema, "model", 2),
	schemas.PastReader(schemas.ModelSchema, "model", 1),
}

// OnBroadcast takes a record of models: a version, or the record that names the version in force. A
// model that cannot be used leaves the previous one in place. It is no error: a task that stopped on
// a bad model would stop every patient, whereas Degraded tells it in every decision.
func (p *Step) OnBroadcast(_ *pipeline.Context, r *pipeline.Record) error {
	key := string(r.Key)
	if key == CenterKey && r.Value != nil {
		p.takeCenter(r.Value)
		return nil
	}
	// Other models may share the topic. A nil value is an old version that the trainer deleted; if it
	// is kept here, it may still be gone back to.
	if !strings.HasPrefix(key, ModelName+"/") || r.Value == nil {
		return nil
	}
	id, payload, ok := emit.SplitFrame(r.Value)
	switch {
	case !ok:
	case id == p.modelID:
		ok = schemas.DecodeWhole(&p.incoming, payload) == nil
	// Encode it anew, so that adopt reads one schema only.
	default:
		ok = decodePast(&p.incoming, payload) == nil
		payload = p.incoming.AppendAvro(nil)
	}
	if !ok {
		// A damaged record must not reach adopt: the version before stays in force.
		p.Degraded = "model_refused"
		return nil
	}
	switch key {
	case currentKey:
		if p.latest = strings.Clone(p.incoming.Version); !p.pinned {
			p.adopt(p.versions.get(p.latest))
		}
	case PinKey:
		p.pin(payload)
	default:
		p.versions.put(p.incoming.Version, payload)
	}
	return nil
}

// pin holds a version in force, or lets go of the one that was held. One that cannot be used holds nothing: the
// trainer's newest is better than a model that says nonsense.
func (p *Step) pin(payload []byte) {
	if p.incoming.Version != "" {
		p.pinned = p.adopt(payload)
		return
	}
	if p.pinned = false; p.latest != "" {
		p.adopt(p.versions.get(p.latest))
	}
}

// adopt puts a version in force. It decodes again instead of keeping decoded models: the tables are
// large, and a new version is rare. A version that is not kept, nil, is refused: its record was lost or is
// too old.
func (p *Step) adopt(payload []byte) bool {
	if payload == nil || schemas.DecodeWhole(&p.incoming, payload) != nil {
		p.Degraded = "model_refused"
		return false
	}
	// Model.Version outlives the buffer that the name was decoded from.
	p.incoming.Version = strings.Clone(p.incoming.Version)
	m, err := Ready(p.family, p.space, &p.incoming)
	if err != nil {
		p.Degraded = "model_refused"
		return false
	}
	p.Model, p.Degraded = m, ""
	return true
}
