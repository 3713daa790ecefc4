package decide

import (
	"strconv"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// lagTold is how far a channel may be behind a call before the decision says so. Watermarks trail by
// seconds when all is well; a caller who failed online half a minute ago must not look like one who
// never tried.
// The value is in event time: it is the distance of two clocks of sources, not of the machine's.
const lagTold = 30 * schemas.Second

// appendLags says which of the digital channels are behind the contact under way: what the caller did
// there last may be missing. It says so of every caller: of one who is known by calls only, too, for
// what is missing may be all that they did online. A channel that has not spoken yet is not there: a site that
// has no app would be told of its lag for ever. Nor is one on which nothing happens: in a recorded log its
// watermark stands still, but all of it has been read.
func appendLags(dst []string, ctx *pipeline.Context, now schemas.Millis) []string {
	for i, c := range schemas.Channels() {
		if !c.Digital {
			continue
		}
		by, _ := ctx.Behind(i, pipeline.Time(now)) // 0 where it is not known
		if behind := schemas.Millis(by); behind >= lagTold {
			dst = append(dst, "behind "+lagWords(behind)+" on "+c.Name())
		}
	}
	return dst
}

// lagWords says a lag as roughly as it is known: in tens of seconds, minutes or hours.
// A finer figure would change with every decision and say no more.
func lagWords(d schemas.Millis) string {
	switch {
	case d < 2*schemas.Minute:
		return strconv.FormatInt(int64(d/(10*schemas.Second))*10, 10) + " s"
	case d < 2*schemas.Hour:
		return strconv.FormatInt(int64(d/schemas.Minute), 10) + " min"
	}
	return strconv.FormatInt(int64(d/schemas.Hour), 10) + " h"
}
