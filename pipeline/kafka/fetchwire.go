package kafka

// fetchedPartition is one partition of a fetch response. Its slices alias the response, or are
// reused for the next partition.
type fetchedPartition struct {
	topic     []byte
	partition int32
	code      Code
	// High watermark.
	high int64
	// Last stable offset.
	stable int64
	// Log start.
	start   int64
	aborted []aborted
	records []byte
}

// fetchLimits bound one fetch.
type fetchLimits struct {
	wait, bytes, partBytes int32
}

// writeFetch writes a read-committed fetch of sources, which are in the order of their topics.
func writeFetch(w *writer, sources []*source, l fetchLimits) {
	w.int32(-1) // replica
	w.int32(l.wait)
	w.int32(1) // least bytes
	w.int32(l.bytes)
	w.int8(readCommitted)
	w.int32(0)  // session
	w.int32(-1) // epoch of the session: none
	topics := 0
	for i, s := range sources {
		if i == 0 || sources[i-1].Topic != s.Topic {
			topics++
		}
	}
	w.array(topics)
	for i := 0; i < len(sources); {
		j := i
		for j < len(sources) && sources[j].Topic == sources[i].Topic {
			j++
		}
		w.string(sources[i].onWire())
		w.array(j - i)
		for _, s := range sources[i:j] {
			w.int32(s.Partition)
			w.int32(-1) // leader epoch
			w.int64(s.at)
			w.int64(-1) // log start: followers only
			w.int32(l.partBytes)
		}
		i = j
	}
	w.array(0) // forgotten topics of the session
	w.string("")
}

// readFetch decodes a fetch response and calls visit for each partition.
func readFetch(r reader, visit func(p *fetchedPartition)) error {
	var p fetchedPartition
	r.int32() // throttle
	if code := r.int16(); code != 0 {
		return Code(code)
	}
	r.int32() // session
	for n := r.array(6); n > 0; n-- {
		p.topic = r.raw(false)
		for m := r.array(42); m > 0; m-- {
			p.partition, p.code = r.int32(), Code(r.int16())
			p.high, p.stable, p.start = r.int64(), r.int64(), r.int64()
			p.aborted = p.aborted[:0]
			for k := r.array(16); k > 0; k-- {
				p.aborted = append(p.aborted, aborted{r.int64(), r.int64()})
			}
			r.int32() // preferred replica
			p.records = r.raw(true)
			if r.bad {
				return errShort
			}
			visit(&p)
		}
	}
	return r.err()
}
