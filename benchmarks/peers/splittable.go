package main

// splittable is Java's SplittableRandom, so that a seed gives the input that a Java loader would write.
type splittable struct{ state uint64 }

const golden = 0x9E3779B97F4A7C15

func newSplittable(seed uint64) splittable { return splittable{seed} }

func (s *splittable) long() uint64 {
	s.state += golden
	z := s.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func (s *splittable) int32() int32 {
	s.state += golden
	z := s.state
	z = (z ^ z>>33) * 0x62A9D9ED799705F5
	return int32((z ^ z>>28) * 0xCB24D0A5C88C35B3 >> 32)
}

// below is a number from 0 up to, without, bound.
func (s *splittable) below(bound int32) int32 {
	r, m := s.int32(), bound-1
	if bound&m == 0 {
		return r & m
	}
	for u := int32(uint32(r) >> 1); ; u = int32(uint32(s.int32()) >> 1) {
		if r = u % bound; u+m-r >= 0 {
			return r
		}
	}
}

// float is a number from 0 up to, without, 1.
func (s *splittable) float() float64 { return float64(s.long()>>11) * 0x1p-53 }
