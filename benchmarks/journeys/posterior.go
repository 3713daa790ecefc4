package journeys

// A cell is everything that an episode's observable course depends on, apart from
// the patient's traits and chance. It contains no need.
type cell struct {
	// Index into triggers.
	trigger uint8
	// Index into patterns, or noPattern.
	first uint8
	// The same for the second attempt.
	second uint8
	// Reason of the contact that this one repeats, or noNeed.
	repeats int8
	// The repeated contact was abandoned moments ago.
	redial bool
}

// hasPrecursor says whether anything came before the contact.
func (c cell) hasPrecursor() bool {
	return c.trigger != noTrigger || c.first != noPattern || c.repeats != noNeed
}

// distribution is a probability for each need.
type distribution [needs]float64

// top is the most probable need, the first if several are equal.
func (d *distribution) top() (n need, p float64) {
	for i, q := range d {
		if q > p {
			n, p = i, q
		}
	}
	return n, p
}

// How likely a repeat contact has the reason of the contact before it.
const (
	sameAfterRedial = 0.96
	sameAfterRepeat = 0.70
)

// How likely a patient with each need tries a digital way first, before the
// factor of the patient's digital literacy; and how many of those try twice,
// in percent.
var digitalFirst = [needs]float64{.43, .41, .45, .52, .36, .45, .45, .43, .70, .37, .30, .30, .24}

const (
	versedFactor = 1.0
	lowFactor    = 0.62
	secondShare  = 22
)

// tables are the probabilities that the generator draws from; the posterior is
// computed from the same ones.
type tables struct {
	patterns []pattern
	prior    [segments][needs]float64
	// P(trigger | need), by trigger.
	trigger [][needs]float64
	// P(pattern | need, an attempt), by pattern.
	pattern [][needs]float64
	digital [segments][needs]float64

	drawTrigger [needs]cumulative
	drawPattern [needs]cumulative
	drawDigital [segments][needs]chance
}

func newTables() *tables {
	t := &tables{patterns: patterns(), prior: segmentPriors()}
	t.trigger = make([][needs]float64, len(triggers))
	t.pattern = make([][needs]float64, len(t.patterns))
	for n := range needs {
		t.fillTriggers(n)
		t.fillPatterns(n)
		for s := range segments {
			factor := versedFactor
			if s&segmentUnversed != 0 {
				factor = lowFactor
			}
			t.digital[s][n] = float64(digitalFirst[n] * factor)
			t.drawDigital[s][n] = toChance(t.digital[s][n])
		}
	}
	return t
}

func (t *tables) fillTriggers(n need) {
	weights := make([]int, len(triggers))
	rest := 100
	for i := range triggers {
		weights[i] = triggers[i].percent[n]
		rest -= weights[i]
	}
	weights[noTrigger] = rest
	for i, w := range weights {
		t.trigger[i][n] = float64(w) / 100
	}
	t.drawTrigger[n] = toCumulative(weights)
}

func (t *tables) fillPatterns(n need) {
	weights := make([]int, len(t.patterns))
	sum := 0
	for i := range t.patterns {
		weights[i] = t.patterns[i].weights[n]
		sum += weights[i]
	}
	for i, w := range weights {
		t.pattern[i][n] = float64(w) / float64(sum)
	}
	t.drawPattern[n] = toCumulative(weights)
}

// before is P(need) of a patient of this segment, before the cell's trigger and
// patterns are known.
func (t *tables) before(segment int, c cell) (d distribution) {
	d = t.prior[segment]
	if c.repeats == noNeed {
		return d
	}
	same := sameAfterRepeat
	if c.redial {
		same = sameAfterRedial
	}
	for n := range d {
		d[n] = float64(d[n] * (1 - same))
	}
	d[c.repeats] += same
	return d
}

// posterior is P(need | segment, cell). Products are converted explicitly, which
// forbids fusing them with the sums: all processors get the same bits.
func (t *tables) posterior(segment int, c cell) distribution {
	d := t.before(segment, c)
	if c.redial {
		return d // dialled again at once: nothing new came between
	}
	sum := 0.0
	for n := range d {
		p := d[n]
		if c.repeats == noNeed {
			p = float64(p * t.trigger[c.trigger][n])
		}
		if c.first == noPattern {
			p = float64(p * (1 - t.digital[segment][n]))
		} else {
			p = float64(p * t.digital[segment][n] * t.pattern[c.first][n])
		}
		if c.second != noPattern {
			p = float64(p * t.pattern[c.second][n])
		}
		d[n] = p
		sum += p
	}
	for n := range d {
		d[n] /= sum
	}
	return d
}

// drawNeed draws from d. The running sum is rounded at each step, so that all
// processors draw alike.
func (d *dice) drawNeed(from *distribution) need {
	u := float64(d.pcg.Uint64()>>11) / (1 << 53)
	sum := 0.0
	for n, p := range from {
		sum += p
		if u < sum {
			return n
		}
	}
	n, _ := from.top()
	return n
}

// drawCell draws what an episode of this segment shows: a need, and the cell that
// it makes likely. The need is then forgotten.
func (t *tables) drawCell(d *dice, segment int, repeats need, redial bool) cell {
	c := cell{repeats: int8(repeats), redial: redial}
	if redial {
		return c
	}
	prior := t.before(segment, c)
	n := d.drawNeed(&prior)
	if repeats == noNeed {
		c.trigger = uint8(d.pick(t.drawTrigger[n]))
	}
	if d.hit(t.drawDigital[segment][n]) {
		c.first = uint8(d.pick(t.drawPattern[n]))
		if d.percent(secondShare) {
			c.second = uint8(d.pick(t.drawPattern[n]))
		}
	}
	return c
}
