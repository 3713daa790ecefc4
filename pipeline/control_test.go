package pipeline

import (
	"slices"
	"testing"
)

func someMarks() []SourceMark {
	return []SourceMark{
		{Topic: "fast", Partition: 0, Of: 2, Watermark: 1_700_000_000_000, Table: 12},
		{Topic: "fast", Partition: 1, Of: 2, Watermark: MinTime, Idle: true},
		{Topic: "slow", Partition: 7, Of: 24, Watermark: -5, Forced: true, Table: 99},
	}
}

func decodeAll(b []byte) ([]SourceMark, error) {
	var marks []SourceMark
	err := DecodeControl(b, func(m SourceMark) { marks = append(marks, m) })
	return marks, err
}

func TestControlRecordIsEncodedAndDecoded(t *testing.T) {
	got, err := decodeAll(AppendControl(nil, someMarks()))
	if err != nil || !slices.Equal(got, someMarks()) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestProgressTravelsWithTheMarks(t *testing.T) {
	marks := AppendControl(nil, someMarks())
	for _, want := range []Progress{{From: 1, Known: MinTime, Led: MaxTime}, {From: 1 << 63, Known: MaxTime, Led: 3}, {From: 7, Known: 1_700_000_000_000, Led: MinTime}} {
		var out appended
		if err := AppendProgress(&out, "mid", 2, 5, marks, want); err != nil || len(out) != 2 {
			t.Fatalf("%d records, %v", len(out), err)
		}
		r := Record{Value: out[1].Value, Headers: out[1].Headers}
		if got, ok := ProgressOf(&r); !ok || got != want {
			t.Errorf("got %v, %t, want %v", got, ok, want)
		}
		if got, err := decodeAll(r.Value); err != nil || !slices.Equal(got, someMarks()) || len(r.Headers) != 1 {
			t.Errorf("marks %v, %v, with %d headers", got, err, len(r.Headers))
		}
	}
	var out appended
	if err := AppendControlRecords(&out, "mid", 1, 5, marks); err != nil {
		t.Fatal(err)
	}
	if p, ok := ProgressOf(&Record{Headers: out[0].Headers}); ok {
		t.Errorf("a control record without progress has %v", p)
	}
}

type appended []OutRecord

func (a *appended) Append(r *OutRecord) error {
	*a = append(*a, *r)
	return nil
}

func TestControlRecordThatIsCutOrForeignIsInvalid(t *testing.T) {
	whole := AppendControl(nil, someMarks())
	for n := range whole {
		marks, err := decodeAll(whole[:n])
		if err == nil && len(marks) != 2 && n > 1 {
			t.Errorf("cut to %d bytes: accepted with %d marks", n, len(marks))
		}
		if err != nil && KindOf(err) != KindInvalid {
			t.Errorf("cut to %d bytes: kind %v", n, KindOf(err))
		}
	}
	if _, err := decodeAll([]byte{99}); KindOf(err) != KindInvalid {
		t.Errorf("version 99: %v", err)
	}
	outside := AppendControl(nil, []SourceMark{{Topic: "t", Partition: 5, Of: 5}})
	if _, err := decodeAll(outside); KindOf(err) != KindInvalid {
		t.Errorf("partition 5 of 5: %v", err)
	}
	one := AppendControl(nil, []SourceMark{{Topic: "t", Of: 2}})
	other := AppendControl(nil, []SourceMark{{Topic: "t", Of: 3}})
	if _, err := decodeAll(append(one, other[1:]...)); KindOf(err) != KindInvalid {
		t.Errorf("a topic twice: %v", err)
	}
}

func FuzzControl(f *testing.F) {
	f.Add(AppendControl(nil, someMarks()))
	f.Add([]byte{1, 0, 1, 1, 0, 4, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		marks, err := decodeAll(b)
		if err != nil {
			return
		}
		again, err := decodeAll(AppendControl(nil, marks))
		if err != nil || !slices.Equal(again, marks) {
			t.Errorf("decoded %v, encoded and decoded again %v, %v", marks, again, err)
		}
	})
}

func FuzzMetadata(f *testing.F) {
	f.Add("v1 epoch=3 watermark=1700000000000 idle forced")
	f.Add("someone else's")
	f.Fuzz(func(t *testing.T, s string) {
		c := sourceClock{watermark: MinTime, newest: MinTime}
		epoch, err := parseMetadata(s, &c)
		if err != nil || epoch == 0 && c.watermark == MinTime && !c.idle && !c.forced {
			return
		}
		d := sourceClock{watermark: MinTime, newest: MinTime}
		again, err := parseMetadata(string(appendMetadata(nil, epoch, &c)), &d)
		if err != nil || again != epoch || d != c {
			t.Errorf("%q: epoch %d, %+v, then %d, %+v, %v", s, epoch, c, again, d, err)
		}
	})
}

// twoChannels is a vector of two topics of two partitions on two channels.
func twoChannels() sourceVector {
	t := &Topology{Channels: make([]Channel, 2), Roles: []Role{{WatermarksTo: "mid",
		Sources: []Source{{Topic: "fast", Channel: 0}, {Topic: "slow", Channel: 1}, {Topic: "plain", Channel: NoChannel}}}}}
	return newSourceVector(t, "mid")
}

func TestI2AllSourcesOfAChannelMustSpeak(t *testing.T) {
	v := twoChannels()
	check := func(want Time, basis Basis, state channelState) {
		t.Helper()
		if low, b, s := v.channel(0); low != want || b != basis || s != state {
			t.Errorf("got %d, %d, %d, want %d, %d, %d", low, b, s, want, basis, state)
		}
	}
	check(MinTime, BasisReal, channelSilent)
	v.apply(SourceMark{Topic: "fast", Partition: 1, Of: 2, Watermark: 50})
	check(MinTime, BasisReal, channelSilent)
	v.apply(SourceMark{Topic: "fast", Partition: 0, Of: 2, Watermark: MinTime})
	check(MinTime, BasisReal, channelSilent)
	v.apply(SourceMark{Topic: "fast", Partition: 0, Of: 2, Watermark: MinTime, Idle: true})
	check(50, BasisIdle, channelActive)
	v.apply(SourceMark{Topic: "fast", Partition: 0, Of: 2, Watermark: 40})
	check(40, BasisReal, channelActive)
	v.apply(SourceMark{Topic: "fast", Partition: 1, Of: 2, Watermark: 70, Forced: true})
	check(40, BasisForced, channelActive)
	if v.apply(SourceMark{Topic: "gone", Partition: 0, Of: 1, Watermark: 1}) {
		t.Error("a topic that the topology does not have changed something")
	}
}

func TestAllSourcesBecomeIdleThenOrderDoesNotMatter(t *testing.T) {
	for _, order := range [][2]int32{{0, 1}, {1, 0}} {
		v := twoChannels()
		for p, w := range []Time{50, 90} {
			v.apply(SourceMark{Topic: "fast", Partition: int32(p), Of: 2, Watermark: w})
		}
		w := newWatermarks(2)
		for _, p := range order {
			v.apply(SourceMark{Topic: "fast", Partition: p, Of: 2, Watermark: []Time{50, 90}[p], Idle: true})
			low, basis, _ := v.channel(0)
			w.raise(0, low, basis)
		}
		if got, basis := w.minimum(1); got != 90 || basis != BasisIdle {
			t.Errorf("order %v: got %d, %d, want 90, idle", order, got, basis)
		}
	}
}

func TestI3RegressionOfAWatermarkIsIgnored(t *testing.T) {
	v := twoChannels()
	v.apply(SourceMark{Topic: "fast", Partition: 0, Of: 1, Watermark: 50})
	if v.apply(SourceMark{Topic: "fast", Partition: 0, Of: 1, Watermark: 40}) {
		t.Error("an earlier watermark changed something")
	}
	w := newWatermarks(1)
	w.raise(0, 50, BasisReal)
	if w.raise(0, 50, BasisForced) || w.raise(0, 49, BasisForced) {
		t.Error("the channel's watermark went back, or stayed and moved")
	}
}

func TestTopicGrowsThenNewPartitionHoldsTheMinimum(t *testing.T) {
	v := twoChannels()
	v.apply(SourceMark{Topic: "fast", Partition: 0, Of: 1, Watermark: 50})
	v.apply(SourceMark{Topic: "fast", Partition: 0, Of: 2, Watermark: 60})
	if low, _, _ := v.channel(0); low != MinTime {
		t.Errorf("got %d, want none before the new partition has spoken", low)
	}
}

func TestTablePositionIsThatOfTheSlowestSource(t *testing.T) {
	v := twoChannels()
	v.apply(SourceMark{Topic: "fast", Partition: 0, Of: 1, Table: 9})
	v.apply(SourceMark{Topic: "slow", Partition: 0, Of: 1, Table: 7})
	if got := v.tablePosition(); got != 0 {
		t.Errorf("got %d before all topics have spoken", got)
	}
	v.apply(SourceMark{Topic: "plain", Partition: 0, Of: 1, Table: 8})
	if got := v.tablePosition(); got != 7 {
		t.Errorf("got %d, want 7", got)
	}
}

func TestI1IdleClockStandsWhileTheSourceMayHoldMore(t *testing.T) {
	c := newSourceClock(&Topology{Channels: []Channel{{IdleAfter: 1000, OutOfOrderness: 10}}}, &Source{})
	c.record(0)
	c.observe(500)
	for now := Time(100); now <= 5000; now += 100 {
		if c.tick(now, MinTime) {
			t.Fatalf("idle at %d while records may wait", now)
		}
	}
	// The end was last seen at 5200; however late the tick, the source was quiet only until then.
	if c.tick(9000, 5200) {
		t.Error("idle by a look that is too old")
	}
	if c.tick(9100, 5999) || !c.tick(9200, 6000) {
		t.Error("want idle once the source was seen to hold nothing for 1000 ms")
	}
	c.record(9300)
	if c.idle || !c.changed || c.watermark != 490 {
		t.Errorf("after a record: %+v", c)
	}
}

func TestWatermarkFollowsTheNewestEventTimeAtItsBound(t *testing.T) {
	c := newSourceClock(&Topology{Channels: []Channel{{OutOfOrderness: 10}}}, &Source{})
	for _, s := range []struct{ at, want Time }{{100, 90}, {95, 90}, {120, 110}, {MinTime, 110}, {MinTime + 5, 110}} {
		if c.observe(s.at); c.watermark != s.want {
			t.Errorf("after %d: got %d, want %d", s.at, c.watermark, s.want)
		}
	}
	if !c.force(200) || c.basis() != BasisForced || c.force(150) {
		t.Errorf("forced: %+v", c)
	}
	if c.observe(205); c.basis() != BasisForced {
		t.Error("the watermark is still the forced one")
	}
	if c.observe(300); c.watermark != 290 || c.basis() != BasisReal {
		t.Errorf("past the forced one: %+v", c)
	}
}

func TestInputEndsThenSourceIsNotIdleBeforeItsTime(t *testing.T) {
	c := newSourceClock(&Topology{Channels: []Channel{{IdleAfter: 1000}}}, &Source{})
	c.record(0)
	c.force(5000)
	if c.tick(3000, 3000) || c.tick(3100, 3100) || !c.tick(4000, 4000) {
		t.Error("want idle 1000 ms after the input was ended, no sooner: idle sources leave the minimum")
	}
}
