package predict

import (
	"bytes"
	"strings"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

const (
	currentKey   = ModelName + "/current"
	versionsKept = 4
)

// modelVersions are the newest model versions in wire form: name/current says which is in force,
// and it may go back.
type modelVersions struct {
	kept []modelBytes
}

type modelBytes struct {
	version string
	value   []byte
}

func (v *modelVersions) put(version string, value []byte) {
	m := modelBytes{strings.Clone(version), bytes.Clone(value)}
	if len(v.kept) == versionsKept {
		copy(v.kept, v.kept[1:])
		v.kept = v.kept[:versionsKept-1]
	}
	v.kept = append(v.kept, m)
}

func (v *modelVersions) get(version string) []byte {
	for i := range v.kept {
		if v.kept[i].version == version {
			return v.kept[i].value
		}
	}
	return nil
}

// decodeUnstamped reads a model of an earlier build, whose schema had no feature space.
var decodeUnstamped = schemas.PastReader(schemas.ModelSchema, "model", 1)

// OnBroadcast takes a record of models: a version, or the word which version is in force. A model
// that cannot be used leaves the one before in place, and every decision says so.
func (p *Step) OnBroadcast(_ *pipeline.Context, r *pipeline.Record) error {
	key := string(r.Key)
	if !strings.HasPrefix(key, ModelName+"/") || r.Value == nil {
		return nil
	}
	id, payload, ok := emit.SplitFrame(r.Value)
	switch {
	case !ok:
	case id == p.modelID:
		ok = schemas.DecodeWhole(&p.incoming, payload) == nil
	default:
		ok = decodeUnstamped(&p.incoming, payload) == nil
		payload = p.incoming.AppendAvro(nil)
	}
	if !ok {
		p.Degraded = "model_refused"
		return nil
	}
	if key != currentKey {
		p.versions.put(p.incoming.Version, payload)
		return nil
	}
	p.adopt(p.incoming.Version)
	return nil
}

func (p *Step) adopt(version string) {
	payload := p.versions.get(version)
	if payload == nil || schemas.DecodeWhole(&p.incoming, payload) != nil {
		p.Degraded = "model_refused"
		return
	}
	p.incoming.Version = strings.Clone(p.incoming.Version)
	m, err := Ready(p.family, p.space, &p.incoming)
	if err != nil {
		p.Degraded = "model_refused"
		return
	}
	p.Model, p.Degraded = m, ""
}
