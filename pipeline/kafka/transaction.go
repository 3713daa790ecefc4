package kafka

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/attune-health/attune/pipeline"
)

var _ pipeline.Transaction = (*transaction)(nil)

// abortLimit bounds the attempt to abort a transaction whose commit has failed.
const abortLimit = time.Second

// transaction is what one Seal took.
type transaction struct {
	p       *producer
	out     []outgoing
	offsets []pipeline.OffsetCommit
}

// outgoing is what goes to one partition: batches in order, of which those before next are sent.
type outgoing struct {
	pipeline.TopicPartition
	batches []*builder
	next    int
	// batches[next] as it is sent, nil while it is not sealed.
	wire []byte
	// Why the broker refuses its size, 0 if it does not.
	tooLarge Code
}

// Empty implements pipeline.Transaction.
func (t *transaction) Empty() bool { return len(t.out) == 0 && len(t.offsets) == 0 }

// Commit implements pipeline.Transaction.
//
//	version 2:              Produce -> TxnOffsetCommit -> EndTxn
//	version 1:  AddPartitionsToTxn -> AddOffsetsToTxn -> Produce -> TxnOffsetCommit -> EndTxn
//	at least once:          Produce -> Produce of the last topics -> OffsetCommit
func (t *transaction) Commit(ctx context.Context, g pipeline.Generation) error {
	if t.Empty() {
		return nil
	}
	p := t.p
	if !p.committing.TryLock() {
		return errors.New("commit: another one is under way")
	}
	defer p.committing.Unlock()
	if !p.ready {
		return wrap("commit", errNotReady)
	}
	if err := t.fits(g); err != nil {
		return err
	}
	if err := t.Rest(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(p.cfg.TransactionTimeout)*time.Millisecond)
	defer cancel()
	commit := t.commitAtLeastOnce
	if p.transactional() {
		commit = t.commitTransaction
	}
	p.ready = false // until it is known to have succeeded
	if err := commit(ctx, g); err != nil {
		return err
	}
	p.ready = true
	p.recycle(t.out)
	t.out, t.offsets = nil, nil
	return nil
}

// Rest implements pipeline.RestingTransaction: a quota is waited out before anything is open that could time out.
func (t *transaction) Rest(ctx context.Context) error { return t.p.c.throttle.calmAll(ctx, apiProduce) }

// fits refuses a transaction that could not be fenced: one of a group member without offsets would
// be accepted from a member that the group has given up long ago.
func (t *transaction) fits(g pipeline.Generation) error {
	switch {
	case g == nil && len(t.offsets) > 0:
		return errors.New("commit: offsets need a generation")
	case g != nil && len(t.offsets) == 0 && t.p.transactional():
		return errors.New("commit: a transaction without offsets is not fenced by its generation")
	}
	return nil
}

func (t *transaction) commitAtLeastOnce(ctx context.Context, g pipeline.Generation) error {
	all, others := t.out, t.others()
	for _, t.out = range [][]outgoing{all[:others], all[others:]} {
		if err := t.produce(ctx); err != nil {
			return wrap("produce", err)
		}
	}
	t.out = all
	if g == nil {
		return nil
	}
	return t.p.c.commitOffsets(ctx, g.GroupID(), g.ID(), g.MemberID(), t.offsets)
}

// others moves what goes to the last topics to the end, and returns how much comes before it.
func (t *transaction) others() int {
	last := func(o outgoing) int {
		if slices.Contains(t.p.cfg.Last, o.Topic) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(t.out, func(a, b outgoing) int { return last(a) - last(b) })
	n := 0
	for n < len(t.out) && last(t.out[n]) == 0 {
		n++
	}
	return n
}

func (t *transaction) commitTransaction(ctx context.Context, g pipeline.Generation) error {
	if err := t.fill(ctx, g); err != nil {
		t.abort(ctx, err)
		return err
	}
	p := t.p
	state, err := p.c.endTxn(ctx, p.cfg.TransactionalID, p.state, true)
	if err != nil {
		return wrap("end transaction", err)
	}
	if state != p.state { // each epoch begins its sequences anew
		p.state = state
		clear(p.sequences)
	}
	return nil
}

// fill puts outputs and offsets into the transaction.
func (t *transaction) fill(ctx context.Context, g pipeline.Generation) error {
	p, id := t.p, t.p.cfg.TransactionalID
	if !p.c.versions.transactions2() {
		if err := p.c.addPartitions(ctx, id, p.state, t.out); err != nil {
			return wrap("add partitions to transaction", err)
		}
		if g != nil {
			if err := p.c.addOffsets(ctx, id, p.state, g.GroupID()); err != nil {
				return wrap("add offsets to transaction", err)
			}
		}
	}
	if err := t.produce(ctx); err != nil {
		return wrap("produce", err)
	}
	if g == nil {
		return nil
	}
	return wrap("commit offsets in transaction", p.c.commitTxnOffsets(ctx, id, p.state, g, t.offsets))
}

// abort ends a transaction that cannot be completed, so that readers need not wait for its timeout.
// It may fail: Init or the timeout then does the same. A fenced producer has nothing to abort.
func (t *transaction) abort(ctx context.Context, cause error) {
	var code Code
	if errors.As(cause, &code) {
		switch code {
		case codeInvalidProducerEpoch, codeInvalidTxnState, codeInvalidProducerMapping, codeProducerFenced:
			return
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortLimit)
	defer cancel()
	_, _ = t.p.c.endTxn(ctx, t.p.cfg.TransactionalID, t.p.state, false) // see above
}

// produce sends all batches. A request holds at most one batch of a partition, so that partitions
// with several take several rounds.
func (t *transaction) produce(ctx context.Context) error {
	for {
		var round []*outgoing
		for i := range t.out {
			o := &t.out[i]
			if o.next == len(o.batches) {
				continue
			}
			if err := t.p.sealNext(o); err != nil {
				return err
			}
			round = append(round, o)
		}
		if len(round) == 0 {
			return nil
		}
		if err := retry(ctx, 0, func() error { return t.p.send(ctx, round) }); err != nil {
			return err
		}
		for _, o := range round {
			if o.tooLarge == 0 {
				t.p.sent(o)
			} else if err := t.p.shrink(o); err != nil {
				return err
			}
		}
	}
}

// sealNext gives the partition's next batch its number in the producer's sequence. A retry sends
// the same bytes, by which the broker recognises it.
func (p *producer) sealNext(o *outgoing) error {
	b := o.batches[o.next]
	var attrs uint16
	if p.transactional() {
		attrs = attrTransactional
	}
	wire, err := b.seal(p.c.codecs, p.compression, attrs, p.state, p.sequences[o.TopicPartition], b.spare)
	if err != nil {
		return err
	}
	if p.compression != compressNone {
		b.spare = wire
	}
	o.wire = wire
	return nil
}

// sent notes that the broker has the partition's batch.
func (p *producer) sent(o *outgoing) {
	b := o.batches[o.next]
	next := int64(p.sequences[o.TopicPartition]) + int64(b.count)
	if next > math.MaxInt32 { // sequences wrap to 0
		next -= math.MaxInt32 + 1
	}
	p.sequences[o.TopicPartition] = int32(next)
	o.next++
}

// send sends the rest of a round to the leaders. In transactions of version 2 leaders take turns:
// each adds its partitions to the transaction, and while the coordinator writes that down it turns
// others away, for 20 ms.
func (p *producer) send(ctx context.Context, round []*outgoing) error {
	leaders, worst := map[int32][]*outgoing{}, error(nil)
	for _, o := range round {
		if o.wire == nil {
			continue
		}
		node, err := p.c.leader(ctx, o.Topic, o.Partition)
		if err != nil {
			worst = worse(worst, err)
			continue
		}
		leaders[node] = append(leaders[node], o)
	}
	if len(leaders) == 1 || p.transactional() && p.c.versions.transactions2() {
		for node, out := range leaders {
			worst = worse(worst, p.sendTo(ctx, node, out))
		}
	} else {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for node, out := range leaders {
			wg.Go(func() {
				err := p.sendTo(ctx, node, out)
				mu.Lock()
				defer mu.Unlock()
				worst = worse(worst, err)
			})
		}
		wg.Wait()
	}
	return worst
}

// sendTo sends batches to one leader in requests of bounded size.
func (p *producer) sendTo(ctx context.Context, node int32, out []*outgoing) error {
	var worst error
	for len(out) > 0 {
		n, size := 0, 0
		for n < len(out) && (n == 0 || size+len(out[n].wire) <= p.cfg.MaxRequestBytes) {
			size += len(out[n].wire)
			n++
		}
		err := p.produceTo(ctx, node, out[:n])
		for _, o := range out[:n] {
			if err == nil {
				o.wire = nil // the rest of the round may have to be sent again without it
			} else {
				p.c.forgetTopic(o.Topic)
			}
		}
		worst = worse(worst, err)
		out = out[n:]
	}
	return worst
}
