package observe

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// LimitConfig bounds how many digital touchpoints of one identifier are worked on: a kiosk's cookie,
// a test account or a broken app can send more in a minute than a thousand patients. Calls and facts
// of the health record are never limited.
type LimitConfig struct {
	// PerMinute is how many are let through in a minute of event time. 0 is no limit.
	PerMinute int `yaml:"per_minute"`
	// Burst is how many may come at once. 0 is as many as a minute's.
	Burst int `yaml:"burst"`
}

// Validate returns every problem of the configuration. Above 60 million a minute the interval would be less
// than a microsecond.
func (c *LimitConfig) Validate() error {
	var problems []error
	if c.PerMinute < 0 || c.PerMinute > 60_000_000 {
		problems = append(problems, errors.New("run.limit.per_minute: not 0 (none) to 60 million"))
	}
	if c.Burst < 0 {
		problems = append(problems, errors.New("run.limit.burst: below 0"))
	}
	return errors.Join(problems...)
}

// RateLimit ends the journey of a touchpoint that is one too many of its shard. It is the generic cell rate
// algorithm (ITU-T I.371) in event time: each touchpoint moves the time at which the shard has paid for all
// of its own on by an interval, and one that comes while that time is further ahead than the burst allows
// goes to the rejected topic. Time is the newest of the shard, so that disorder costs nothing. A shard that
// moves to another owner begins anew.
//
//	newest            paid
//	───┼───────────────┼───────┼──►  each touchpoint moves paid on by an interval;
//	   └──────── burst ────────┘     beyond newest + burst it is rejected
type RateLimit struct {
	// interval is what a touchpoint costs, burst how far ahead a shard may be, both in microseconds.
	interval, burst int64
	// rates are by owner/shard.
	rates *state.Map[Rate]
	// rejects gets what is one too many.
	rejects *emit.Rejecter
}

// Rate is what is kept of a shard that has sent something lately. Times are event time, microseconds.
type Rate struct {
	// Newest is the event time of its newest touchpoint.
	Newest int64
	// Paid is when all that it has sent is paid for.
	Paid int64
}

const microsPerMinute = 60_000_000

// NewLimit makes the step; c.PerMinute must be above 0. It declares a store, so that a site that turns the
// limit on begins with all shards paid up.
func NewLimit(s *pipeline.Setup, c *LimitConfig, rejects *emit.Rejecter) *RateLimit {
	interval := int64(microsPerMinute / c.PerMinute)
	burst := c.Burst
	if burst == 0 {
		burst = c.PerMinute
	}
	return &RateLimit{interval: interval, burst: int64(burst) * interval, rates: state.NewMap(s, "rates", RateCodec{}), rejects: rejects}
}

// Process rejects a digital touchpoint that is one too many.
func (l *RateLimit) Process(ctx *pipeline.Context, j *person.Journey) error {
	// Nobody sends calls or facts by the thousand, and losing one would cost a patient.
	if tp := j.Touchpoint; tp == nil || !tp.Channel.IsDigital() {
		return nil
	}
	key := j.Own().Key
	r := l.rates.GetOrCreate(key)
	at := int64(j.At) * 1000
	// New, or forgotten since: nothing is owed.
	if r.Newest == 0 {
		r.Newest, r.Paid = at, at
		l.await(ctx, key, at)
	}
	r.Newest = max(r.Newest, at)
	r.Paid = max(r.Paid, r.Newest) + l.interval
	// A rejected one costs nothing: a sender that is far too fast still gets its rate through.
	if over := r.Paid-r.Newest > l.burst; over {
		r.Paid -= l.interval
		l.rejects.Identified(ctx, j.Identified, emit.Problem{Reason: emit.ReasonOverLimit, Detail: "shard"}, -1, nil)
		j.Stop = true
	}
	return nil
}

// await sets the timer that forgets the shard, a millisecond after it has paid for everything.
func (l *RateLimit) await(ctx *pipeline.Context, key string, paid int64) {
	ctx.SetTimer(pipeline.Timer{At: pipeline.Time(paid/1000 + 1), Channels: person.AllTouch, Kind: person.TimerLimit, Key: key})
}

// OwnsTimer tells the timers that forget a shard.
func (l *RateLimit) OwnsTimer(kind uint8) bool { return kind == person.TimerLimit }

// OnTimer forgets a shard that has paid for everything, or comes back when it will have. Nothing happens to
// a person: the chain does not run.
func (l *RateLimit) OnTimer(ctx *pipeline.Context, t pipeline.Timer, _ *person.Journey, _ func(string) bool) (bool, error) {
	r := l.rates.Get(t.Key)
	switch {
	case r == nil:
	case max(r.Paid, r.Newest) < int64(t.At)*1000:
		l.rates.Delete(t.Key)
	default:
		l.await(ctx, t.Key, max(r.Paid, r.Newest))
	}
	return false, nil
}

// RateCodec keeps a rate as two varints, the second relative to the first, which makes it short.
type RateCodec struct{}

// AppendValue implements state.Codec.
func (RateCodec) AppendValue(dst []byte, r *Rate) []byte {
	return binary.AppendVarint(binary.AppendVarint(dst, r.Newest), r.Paid-r.Newest)
}

// DecodeValue implements state.Codec.
func (RateCodec) DecodeValue(src []byte, r *Rate) error {
	newest, n := binary.Varint(src)
	if n <= 0 {
		return fmt.Errorf("rate: ends early")
	}
	ahead, m := binary.Varint(src[n:])
	if m <= 0 || n+m != len(src) {
		return fmt.Errorf("rate: %d bytes, of which %d are two numbers", len(src), n+m)
	}
	r.Newest, r.Paid = newest, newest+ahead
	return nil
}
