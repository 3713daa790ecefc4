package main

import (
	"strings"
	"testing"
)

// drawn is what a site's lanes would do.
func drawn(seed uint64) (out []string) {
	s := &site{options: &options{seed: seed}, brokerProxies: []*proxy{{}, {}, {}}, clickhouseProxy: &proxy{}, disk: "d", sink: &role{name: "sink"}, guest: &role{name: "guest"}}
	s.brokers = append(s.brokers, nil, nil, nil)
	for _, name := range []string{"a", "b", "c"} {
		s.runs = append(s.runs, &role{name: name})
	}
	for lane, draw := range map[string]func(dice) fault{"processor": s.processorFault, "sink": s.sinkFault, "broker": s.brokerFault, "connections": s.connectionFault} {
		d := newDice(seed, lane)
		for range 200 {
			f := draw(d)
			out = append(out, lane+": "+f.kind+" "+f.target)
		}
	}
	return out
}

func TestSeedFixesTheFaultsOfALane(t *testing.T) {
	lanes := func(all []string, lane string) string {
		var own []string
		for _, f := range all {
			if strings.HasPrefix(f, lane+": ") {
				own = append(own, f)
			}
		}
		return strings.Join(own, "\n")
	}
	first, again, other := drawn(7), drawn(7), drawn(8)
	for _, lane := range []string{"processor", "sink", "broker", "connections"} {
		if lanes(first, lane) != lanes(again, lane) {
			t.Errorf("%s: the same seed draws other faults", lane)
		}
		if lanes(first, lane) == lanes(other, lane) {
			t.Errorf("%s: another seed draws the same faults", lane)
		}
	}
	all := strings.Join(first, "\n")
	for _, kind := range []string{"kill run", "kill two runs", "stop run below its session", "stop run past its session", "run joins and leaves", "run joins and is killed", "disk of run full",
		"kill sink", "stop sink below its session", "stop sink past its session", "kill ClickHouse", "stop ClickHouse",
		"kill broker", "stop broker below its session", "stop broker past its session",
		"cut connections", "swallow answers", "delay", "hold up", "refuse"} {
		if !strings.Contains(all, ": "+kind+" ") {
			t.Errorf("nothing of the kind %q was drawn", kind)
		}
	}
}
