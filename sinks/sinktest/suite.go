package sinktest

import (
	"testing"
)

// TestSink runs every case of the suite against the sink, each in a harness of its own.
func TestSink(t *testing.T, newHarness func(t *testing.T) Harness) {
	cases := []struct {
		name string
		run  func(s *suite)
	}{
		{"each record is visible once", eachOnce},
		{"offsets never pass what is visible", offsetsTrail},
		{"stopped and started again", stoppedAndStarted},
		{"read twice by two groups", readTwice},
		{"two members share the work", twoMembers},
		{"an unreadable record stops nothing", unreadable},
		{"an outage holds back and loses nothing", outage},
		{"stopped during an outage", stoppedInOutage},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(newSuite(t, newHarness(t))) })
	}
}

const group = "sinktest"

func eachOnce(s *suite) {
	s.put(0, 500)
	stop := s.start(group)
	s.put(500, 900)
	s.awaitAll(900)
	stop()
	s.awaitAll(900)
}

// offsetsTrail reads the offsets before the rows: every row whose offset is committed must then be visible.
func offsetsTrail(s *suite) {
	s.put(0, 200)
	stop := s.start(group)
	next := 200
	s.await(func() bool {
		if next < 2000 {
			s.put(next, next+100)
			next += 100
		}
		committed := s.committed(group)
		if visible := len(s.distinct()); int64(visible) < committed {
			s.Fatalf("offsets of %d records are committed, %d are visible", committed, visible)
		}
		return committed == 2000
	})
	stop()
	s.awaitAll(2000)
}

func stoppedAndStarted(s *suite) {
	for round := range 4 {
		s.put(round*200, round*200+100)
		stop := s.start(group)
		s.put(round*200+100, round*200+200)
		stop()
	}
	stop := s.start(group)
	s.awaitAll(800)
	stop()
	if got := s.committed(group); got != 800 {
		s.Errorf("offsets of %d records are committed, want 800", got)
	}
}

func readTwice(s *suite) {
	s.put(0, 300)
	for _, g := range []string{"first", "second"} {
		stop := s.start(g)
		s.await(func() bool { return s.committed(g) == 300 })
		stop()
		s.awaitAll(300)
	}
}

func twoMembers(s *suite) {
	s.put(0, 300)
	stopFirst := s.start(group)
	stopSecond := s.start(group)
	s.put(300, 600)
	s.awaitAll(600)
	stopFirst()
	s.put(600, 900)
	s.awaitAll(900)
	stopSecond()
}

func unreadable(s *suite) {
	s.put(0, 50)
	s.append("person-1", []byte("this is not a record"))
	s.commit()
	s.put(50, 100)
	stop := s.start(group)
	s.awaitAll(100)
	s.await(func() bool { return s.committed(group) == 101 })
	stop()
}

func outage(s *suite) {
	if s.Outage == nil {
		s.Skip("the harness cannot take the backend away")
	}
	stop := s.start(group)
	s.put(0, 100)
	s.await(func() bool { return s.committed(group) == 100 })
	end := s.Outage(s)
	s.put(100, 3000)
	if got := s.committed(group); got != 100 {
		s.Errorf("offsets of %d records are committed during the outage, want 100", got)
	}
	end()
	s.awaitAll(3000)
	stop()
}

func stoppedInOutage(s *suite) {
	if s.Outage == nil {
		s.Skip("the harness cannot take the backend away")
	}
	stop := s.start(group)
	s.put(0, 100)
	s.await(func() bool { return s.committed(group) == 100 })
	end := s.Outage(s)
	s.put(100, 400)
	stop()
	end()
	stop = s.start(group)
	s.awaitAll(400)
	stop()
}
