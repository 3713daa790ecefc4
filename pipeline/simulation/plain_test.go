package simulation

import (
	"context"
	"fmt"
	"slices"

	"github.com/attune-health/attune/pipeline"
)

// At least once: no transactions, nothing is fenced. What a process has sent when it gives up, or when
// another has its partitions, has no effect here, as it may have on real brokers: a changelog in which
// two processes write at once belongs to neither.

// initPlain gets a producer id, a new one each time.
func (p *producer) initPlain(ctx context.Context) error {
	c := p.client.world.cluster
	var id string
	err := p.client.retry(ctx, 2*patience, func() *request {
		return &request{kind: initProducer, run: func() (err error) {
			c.plain++
			id = fmt.Sprintf("plain-%d", c.plain)
			p.epoch, err = c.initialise(id)
			return err
		}}
	})
	p.id = id
	return asEngine(err)
}

// commitPlain carries out the requests one by one:
//
//	Produce of outputs -> Produce of the changelogs -> OffsetCommit
func (t *transaction) commitPlain(ctx context.Context, g pipeline.Generation) error {
	p := t.producer
	t.epoch = p.epoch
	ctx, cancel := context.WithTimeout(ctx, p.client.world.settings.TxnTimeout)
	defer cancel()
	for _, last := range []bool{false, true} {
		if err := t.produceAll(ctx, g, func(b *batch) bool { return slices.Contains(p.last, b.tp.Topic) == last }); err != nil {
			return asEngine(err)
		}
	}
	if len(t.offsets) == 0 {
		return nil
	}
	return asEngine(t.request(ctx, commitOffset, describeOffsets(t.offsets), func() error { return p.client.world.cluster.commitPlain(g, t.offsets) }))
}

// produceAll sends some of the batches to their leaders. Those of one task are of different ones.
func (t *transaction) produceAll(ctx context.Context, g pipeline.Generation, which func(*batch) bool) error {
	p := t.producer
	for i := range brokers {
		var leads []*batch
		for _, b := range t.batches {
			if which(b) && (int(b.tp.Partition)+int(b.tp.Topic[0]))%brokers == i {
				b.sequence = p.sequences[b.tp]
				leads = append(leads, b)
			}
		}
		if len(leads) == 0 {
			continue
		}
		if err := t.request(ctx, produce, describeBatches(leads), func() error { return t.producePlain(g, leads) }); err != nil {
			return err
		}
		for _, b := range leads {
			p.sequences[b.tp]++
		}
	}
	return nil
}

func (t *transaction) producePlain(g pipeline.Generation, batches []*batch) error {
	if err := t.producer.client.world.cluster.group.refuses(g); err != nil {
		return err // see above
	}
	return t.produce(batches)
}

// commitPlain takes offsets. What they say is done must be in the logs by then.
func (c *cluster) commitPlain(g pipeline.Generation, offsets []pipeline.OffsetCommit) error {
	if err := c.group.refuses(g); err != nil {
		return err
	}
	for _, o := range offsets {
		c.offsets[o.TopicPartition] = o
		c.world.job.produced(o)
	}
	c.version++
	return nil
}
