package pipeline_test

import (
	"bytes"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

// echo sends every record on, and counts it.
type echo struct{ out pipeline.Output }

func (e *echo) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	ctx.Count("echoed", "because")
	ctx.Emit(e.out, r.Key, r.Value, pipeline.Header{Key: "own", Value: []byte("1")})
	return nil
}

// collected keeps what is appended.
type collected []pipeline.OutRecord

func (c *collected) Append(r *pipeline.OutRecord) error {
	copied := *r
	copied.Headers = nil
	for _, h := range r.Headers {
		copied.Headers = append(copied.Headers, pipeline.Header{Key: h.Key, Value: bytes.Clone(h.Value)})
	}
	*c = append(*c, copied)
	return nil
}

func TestOutputsCarryTheTraceOfTheRecordInProcess(t *testing.T) {
	var out collected
	var asked []string
	ended, counted := 0, 0
	topology := &pipeline.Topology{Name: "t", Roles: []pipeline.Role{{
		Name: "echo", Sources: []pipeline.Source{{Topic: "in", Channel: pipeline.NoChannel}},
		New: func(s *pipeline.Setup) (pipeline.Processor, error) { return &echo{s.Output("out")}, nil },
	}}}
	env := pipeline.Environment{
		Partitions: func(string) (int32, error) { return 1, nil },
		Count: func(id pipeline.TaskID, name, reason string) {
			if id.Role == "echo" && name == "echoed" && reason == "because" {
				counted++
			}
		},
		Trace: func(_ pipeline.TaskID, _ int64, parent []byte) ([]byte, func()) {
			asked = append(asked, string(parent))
			if parent == nil {
				return nil, nil
			}
			return append([]byte("child of "), parent...), func() { ended++ }
		},
	}
	task, err := pipeline.NewTask(topology, &topology.Roles[0], pipeline.TopicPartition{Topic: "in"}, env, &out)
	if err != nil {
		t.Fatal(err)
	}
	if err := task.Resume(pipeline.OffsetCommit{}); err != nil {
		t.Fatal(err)
	}
	for i, headers := range [][]pipeline.Header{{{Key: "x"}, {Key: pipeline.TraceHeader, Value: []byte("p")}}, nil} {
		r := pipeline.Record{Topic: "in", Offset: int64(i), Value: []byte("v"), Headers: headers}
		if err := task.Step(&pipeline.Input{Kind: pipeline.InputRecord, Now: 1, Record: &r}); err != nil {
			t.Fatal(err)
		}
	}
	if len(asked) != 2 || asked[0] != "p" || asked[1] != "" || ended != 1 || counted != 2 {
		t.Errorf("asked %q, ended %d, counted %d", asked, ended, counted)
	}
	if len(out) != 2 || len(out[0].Headers) != 2 || string(out[0].Headers[1].Value) != "child of p" {
		t.Errorf("the first output's headers: %v", out[0].Headers)
	}
	if len(out[1].Headers) != 1 || out[1].Headers[0].Key != "own" {
		t.Errorf("an output of a record without trace has headers %v", out[1].Headers)
	}
}
