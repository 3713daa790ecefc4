package patient

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/schemas"
)

// bankLog is where the recorded calls are, beside the repository.
const bankLog = "../../../shared/data/bank"

// bankCall is one identified call of the bank log.
type bankCall struct {
	customer, id, reason string
	priority             int32
	start, end           schemas.Millis
}

// readBankCalls reads the months' identified calls. PHANTOM rows are no calls.
func readBankCalls(t *testing.T, months int) []bankCall {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Jerusalem")
	if err != nil {
		t.Fatal(err)
	}
	var calls []bankCall
	for m := 1; m <= months; m++ {
		f, err := os.Open(filepath.Join(bankLog, fmt.Sprintf("%02d.txt.gz", m)))
		if err != nil {
			t.Skipf("the bank log is not beside this repository: %v", err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(z); lines.Scan(); {
			if c := strings.Split(lines.Text(), "\t"); c[0] != "vru+line" && c[12] != "PHANTOM" && c[2] != "0" {
				calls = append(calls, parseBankCall(t, c, zone))
			}
		}
		f.Close()
	}
	return calls
}

func parseBankCall(t *testing.T, c []string, zone *time.Location) bankCall {
	t.Helper()
	day, err := time.ParseInLocation("060102", c[5], zone)
	if err != nil {
		t.Fatal(err)
	}
	at := func(clock string) time.Time {
		p := strings.Split(clock, ":")
		h, _ := strconv.Atoi(p[0])
		m, _ := strconv.Atoi(p[1])
		s, _ := strconv.Atoi(p[2])
		return time.Date(day.Year(), day.Month(), day.Day(), h, m, s, 0, zone)
	}
	start, end := at(c[6]), at(c[7])
	for _, clock := range []string{c[10], c[14]} {
		if clock != "0:00:00" && at(clock).After(end) {
			end = at(clock)
		}
	}
	if end.Before(start) {
		end = end.Add(24 * time.Hour)
	}
	priority, _ := strconv.Atoi(c[3])
	return bankCall{customer: c[2], id: c[0] + "-" + c[1], reason: strings.TrimSpace(c[4]), priority: int32(priority),
		start: schemas.MillisOf(start), end: schemas.MillisOf(end)}
}

// score is how well reasons were predicted.
type score struct {
	n, right, changes, changesRight int
	loss                            float64
	confusion                       map[[2]string]int
}

func (s *score) add(x *schemas.TrainingExample, last string) {
	if s.confusion == nil {
		s.confusion = map[[2]string]int{}
	}
	s.n++
	s.loss -= math.Log(max(x.P, 1e-12))
	s.confusion[[2]string{x.Reason, x.Predicted}]++
	right := x.Reason == x.Predicted
	if right {
		s.right++
	}
	if x.Reason != last {
		s.changes++
		if right {
			s.changesRight++
		}
	}
}

func (s *score) macroF1(reasons []schemas.Reason) float64 {
	sum, n := 0.0, 0
	for _, r := range reasons {
		both, own := s.confusion[[2]string{r.Code, r.Code}], 0
		all := 0
		for k, v := range s.confusion {
			if k[0] == r.Code {
				own += v
				all += v
			}
			if k[1] == r.Code {
				all += v
			}
		}
		if own > 0 {
			n++
			sum += 2 * float64(both) / float64(all)
		}
	}
	return sum / float64(n)
}

func (s *score) String() string {
	return fmt.Sprintf("%d predictions: accuracy %.4f, log loss %.4f, on %d changes %.4f", s.n, float64(s.right)/float64(s.n), s.loss/float64(s.n),
		s.changes, float64(s.changesRight)/float64(s.changes))
}

// TestPredictionsOfTheBankLogBeatItsFloors runs six months of calls through PATIENT and TRAINER as
// they would have come: predict at the start of the call, learn at its end, with the model versions
// that had been published by then.
func TestPredictionsOfTheBankLogBeatItsFloors(t *testing.T) {
	months := 6
	if testing.Short() { // one goroutine, and all that is large is its data
		months = 1
	}
	calls := readBankCalls(t, months)
	if testing.Short() {
		calls = calls[:len(calls)/4]
	}
	bank, err := schemas.LoadTaxonomy("bank")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *siteConfig) { c.Taxonomy, c.Catalogue = bank, decide.DefaultCatalogue(bank) })
	type step struct {
		at   schemas.Millis
		end  bool
		call int
	}
	var steps []step
	for i := range calls {
		steps = append(steps, step{calls[i].start, false, i}, step{calls[i].end, true, i})
	}
	slices.SortStableFunc(steps, func(a, b step) int {
		if a.at == b.at && a.end != b.end {
			return b2i(a.end) - b2i(b.end)
		}
		return int(a.at - b.at)
	})
	var all, last2 score
	last := map[string]string{}
	lastAtStart := map[string]string{}
	may := schemas.MillisOf(time.Date(1999, 5, 1, 0, 0, 0, 0, time.FixedZone("", 2*3600)))
	for _, s := range steps {
		c := &calls[s.call]
		contact := c.customer + "/" + c.id
		if !s.end {
			lastAtStart[contact] = last[c.customer]
			tp := callStep(c.id+"/start", c.start, schemas.CallEventSelfService, c.id)
			tp.Body.Call.Priority = c.priority
			r.touch(c.customer, tp)
			continue
		}
		tp := disposition(c.id+"/end", c.end, c.id, c.reason)
		tp.Body.Call.Priority = c.priority
		r.touch(c.customer, tp)
		x := r.examples()
		r.train()
		clear(r.out)
		for i := range x {
			if before := lastAtStart[contact]; x[i].ExposureBand < 0 && before != "" {
				all.add(&x[i], before)
				if c.start >= may {
					last2.add(&x[i], before)
				}
			}
		}
		last[c.customer] = c.reason
	}
	t.Logf("January to June: %v, macro-F1 %.4f", &all, all.macroF1(bank.Reasons))
	t.Logf("May and June: %v, macro-F1 %.4f", &last2, last2.macroF1(bank.Reasons))
	if testing.Short() {
		if all.n < 250 {
			t.Errorf("%d calls of January are predicted: too few", all.n)
		}
		return // a week is too little to learn from
	}
	// The floors: last reason, the customer's commonest, first-order Markov.
	if acc := float64(last2.right) / float64(last2.n); acc < 0.927 {
		t.Errorf("accuracy %.4f, the floor is 0.927", acc)
	}
	if f1 := last2.macroF1(bank.Reasons); f1 < 0.53 {
		t.Errorf("macro-F1 %.4f, the floor is 0.53", f1)
	}
	if on := float64(last2.changesRight) / float64(last2.changes); on < 0.40 {
		t.Errorf("accuracy on changes %.4f, below 0.40", on)
	}
}
