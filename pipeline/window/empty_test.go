package window

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/state"
)

// balanceCodec encodes a balance of 0 to no bytes.
type balanceCodec struct{}

func (balanceCodec) AppendValue(dst []byte, v *int64) []byte {
	if *v == 0 {
		return dst
	}
	return binary.AppendVarint(dst, *v)
}

func (balanceCodec) DecodeValue(src []byte, v *int64) error {
	*v = 0
	if len(src) > 0 {
		*v, _ = binary.Varint(src)
	}
	return nil
}

type balances struct{ w Windows[int64, arrival] }

func (b balances) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	a := parseArrival(r.Value)
	judged, _ := ctx.Watermark(0)
	ctx.ObserveEventTime(a.at)
	_, err := b.w.Add(ctx, Arrival{At: a.at, Judged: judged, Key: []byte(a.key)}, &a)
	return err
}

func (b balances) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error { return b.w.OnTimer(ctx, t) }

func newBalances(s *pipeline.Setup, by Assigner) (pipeline.Processor, error) {
	out := s.Output("out")
	w, err := New(s, Config{Name: "balances", Assigner: by, TimerKind: 1}, Aggregate[int64, arrival]{
		Codec: balanceCodec{},
		Fold:  func(v *int64, a *arrival) { *v += a.value },
		Merge: func(v, o *int64) { *v += *o },
	}, func(ctx *pipeline.Context, p *Pane[int64]) error {
		ctx.Emit(out, p.Key, fmt.Appendf(nil, "%d-%d: %d", p.Start/1000, p.End/1000, *p.Value))
		return nil
	})
	return balances{w}, err
}

// TestValueOfNoBytesThenKill: the parts of a window whose values encode to no bytes are there after a
// kill as others are.
func TestValueOfNoBytesThenKill(t *testing.T) {
	for _, c := range []struct {
		by   Assigner
		want []string
	}{
		{Tumbling{Size: 30_000}, []string{"90-120: 0"}},
		{Sliding{Size: 30_000, Slide: 10_000}, []string{"80-110: 0", "90-120: 0", "100-130: 0"}},
		{Session{Gap: 20_000}, []string{"101-122: 0"}},
	} {
		for _, onDisk := range []bool{false, true} {
			t.Run(fmt.Sprintf("%T/disk=%v", c.by, onDisk), func(t *testing.T) {
				var o pipelinetest.Options
				if onDisk {
					p, err := state.OpenPebble(state.PebbleConfig{Dir: t.TempDir(), FreeBytes: 1})
					if err != nil {
						t.Fatal(err)
					}
					defer p.Close()
					o.Copy = p.Copy
				}
				d := pipelinetest.New(t, &pipeline.Topology{
					Name: "test", Channels: []pipeline.Channel{{Name: "in"}},
					Roles: []pipeline.Role{{
						Name: "balances", Sources: []pipeline.Source{{Topic: "in"}}, Changelog: "changelog",
						New: func(s *pipeline.Setup) (pipeline.Processor, error) { return newBalances(s, c.by) },
					}},
				}, o)
				for _, a := range []arrival{{at: 101_000, key: "k", value: 5}, {at: 102_000, key: "k", value: -5}, {at: 400_000, key: "other"}} {
					d.ProduceTo("in", 0, nil, a.bytes())
					d.Commit()
					d.KillAll()
				}
				var got []string
				for _, r := range d.ReadAll("out") {
					got = append(got, string(r.Value))
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		}
	}
}
