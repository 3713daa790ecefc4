package operators

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
	"github.com/attune-health/attune/schemas"
)

// LimitConfig bounds how many digital touchpoints of one identifier are worked on: a kiosk's cookie,
// a test account or a broken app can send more in a minute than a thousand patients. Calls and facts
// of the health record are never limited.
type LimitConfig struct {
	PerMinute int // of event time; 0, the default, is no limit
	Burst     int // that may come at once. Default: PerMinute
}

// Validate returns every problem of the configuration.
func (c *LimitConfig) Validate() error {
	if c.PerMinute < 0 || c.Burst < 0 || c.PerMinute > 60_000_000 {
		return errors.New("limit: touchpoints per minute must be 0 (none) to 60 million, the burst not below 0")
	}
	return nil
}

// limit ends the journey of a touchpoint that is one too many of its shard. It is the generic cell
// rate algorithm (ITU-T I.371) in event time: each touchpoint moves the time at which the shard has
// paid for all of its own on by an interval, and one that comes while that time is further ahead than
// the burst allows goes to the rejected topic. Time is the newest of the shard, so that disorder costs
// nothing. A shard that moves to another owner begins anew.
type limit struct {
	interval, burst int64 // microseconds
	rates           *state.Map[rate]
	rejects         *rejecter
}

// rate is what is kept of a shard that has sent something lately. Times are event time, microseconds.
type rate struct {
	newest int64
	paid   int64 // when all that it has sent is paid for
}

const microsPerMinute = 60_000_000

func newLimit(s *pipeline.Setup, c *LimitConfig, rejects *rejecter) *limit {
	interval := int64(microsPerMinute / c.PerMinute)
	burst := c.Burst
	if burst == 0 {
		burst = c.PerMinute
	}
	return &limit{interval: interval, burst: int64(burst) * interval, rates: state.NewMap(s, "rates", rateCodec{}), rejects: rejects}
}

func (l *limit) Process(ctx *pipeline.Context, j *Journey) error {
	if tp := j.Touchpoint; tp == nil || tp.Channel != schemas.ChannelWeb && tp.Channel != schemas.ChannelApp {
		return nil
	}
	key := j.Own().key
	r := l.rates.GetOrCreate(key)
	at := int64(j.At) * 1000
	if r.newest == 0 {
		r.newest, r.paid = at, at
		l.await(ctx, key, at)
	}
	r.newest = max(r.newest, at)
	r.paid = max(r.paid, r.newest) + l.interval
	if over := r.paid-r.newest > l.burst; over {
		r.paid -= l.interval
		l.rejects.identified(ctx, j.Identified, problem{reason: reasonOverLimit, detail: "shard"}, -1, nil)
		j.Stop = true
	}
	return nil
}

// await sets the timer that forgets the shard.
func (l *limit) await(ctx *pipeline.Context, key string, paid int64) {
	ctx.SetTimer(pipeline.Timer{At: pipeline.Time(paid/1000 + 1), Channels: allTouch, Kind: timerLimit, Key: key})
}

func (l *limit) OwnsTimer(kind uint8) bool { return kind == timerLimit }

// OnTimer forgets a shard that has paid for everything, or comes back when it will have.
func (l *limit) OnTimer(ctx *pipeline.Context, t pipeline.Timer, _ *Journey, _ func(string) bool) (bool, error) {
	r := l.rates.Get(t.Key)
	switch {
	case r == nil:
	case max(r.paid, r.newest) < int64(t.At)*1000:
		l.rates.Delete(t.Key)
	default:
		l.await(ctx, t.Key, max(r.paid, r.newest))
	}
	return false, nil
}

// rateCodec keeps a rate as two varints, the second relative to the first.
type rateCodec struct{}

func (rateCodec) AppendValue(dst []byte, r *rate) []byte {
	return binary.AppendVarint(binary.AppendVarint(dst, r.newest), r.paid-r.newest)
}

func (rateCodec) DecodeValue(src []byte, r *rate) error {
	newest, n := binary.Varint(src)
	if n <= 0 {
		return fmt.Errorf("rate: ends early")
	}
	ahead, m := binary.Varint(src[n:])
	if m <= 0 || n+m != len(src) {
		return fmt.Errorf("rate: %d bytes, of which %d are two numbers", len(src), n+m)
	}
	r.newest, r.paid = newest, newest+ahead
	return nil
}
