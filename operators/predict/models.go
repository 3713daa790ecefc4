package predict

import (
	"bytes"
	"strings"
	"sync"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

const (
	currentKey   = modelName + "/current"
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

// What an earlier build has left in models and training-examples is read by the schemas of then.
var (
	unstampedModel = sync.OnceValues(func() (*schemas.Translator, error) {
		return schemas.PastTranslator(schemas.ModelSchema, "model", 1)
	})
	unstampedExample = sync.OnceValues(func() (*schemas.Translator, error) {
		return schemas.PastTranslator(schemas.TrainingExampleSchema, "training_example", 1)
	})
)

func translated(translator func() (*schemas.Translator, error), payload []byte) ([]byte, bool) {
	t, err := translator()
	if err != nil {
		return nil, false
	}
	payload, err = t.Translate(payload)
	return payload, err == nil
}

// OnBroadcast takes a record of models: a version, or the word which version is in force. A model
// that cannot be used leaves the one before in place, and every decision says so.
func (p *Step) OnBroadcast(_ *pipeline.Context, r *pipeline.Record) error {
	key := string(r.Key)
	if !strings.HasPrefix(key, modelName+"/") || r.Value == nil {
		return nil
	}
	id, payload, ok := emit.SplitFrame(r.Value)
	if ok && id != p.modelID {
		payload, ok = translated(unstampedModel, payload)
	}
	if !ok || schemas.DecodeWhole(&p.incoming, payload) != nil {
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
	m, err := NewNaiveBayes(p.space, &p.incoming)
	if err != nil {
		p.Degraded = "model_refused"
		return
	}
	p.Model, p.Degraded = m, ""
}
