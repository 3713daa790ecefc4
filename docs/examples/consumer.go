package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/linkedin/goavro/v2"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: examples BROKERS REGISTRY")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, strings.Split(os.Args[1], ","), os.Args[2]); err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}

// run reads decisions until ctx ends.
func run(ctx context.Context, brokers []string, registryURL string) error {
	registry, err := sr.NewClient(sr.URLs(registryURL))
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers...),
		kgo.ConsumerGroup("desk-go"),
		kgo.ConsumeTopics("next-best-actions"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), // the first start misses nothing; what is old has expired
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),      // never see what was rolled back
		kgo.DisableAutoCommit(),                           // commit what has been dealt with, not what was fetched
		kgo.BlockRebalanceOnPoll(),
	)
	if err != nil {
		return err
	}
	defer client.CloseAllowingRebalance()
	desk := &desk{client: client, registry: registry, codecs: map[uint32]*goavro.Codec{}, seen: map[string]bool{}}
	for {
		fetches := client.PollFetches(ctx)
		if err := errors.Join(ctx.Err(), fetches.Err()); err != nil {
			return err
		}
		deal := context.WithoutCancel(ctx) // what has been fetched is dealt with, even if we are to end
		for records := fetches.RecordIter(); !records.Done(); {
			if err := desk.take(deal, records.Next()); err != nil {
				return err
			}
		}
		if err := errors.Join(client.Flush(deal), client.CommitUncommittedOffsets(deal)); err != nil {
			return err
		}
		client.AllowRebalance()
	}
}

// desk is what an agent's screen would be.
type desk struct {
	client   *kgo.Client
	registry *sr.Client
	codecs   map[uint32]*goavro.Codec // by the writer's schema id
	seen     map[string]bool          // decision ids; a real one forgets them when they expire
}

func (d *desk) take(ctx context.Context, r *kgo.Record) error {
	nba, err := d.decode(ctx, r.Value)
	if err != nil {
		return fmt.Errorf("%s/%d at %d: %w", r.Topic, r.Partition, r.Offset, err)
	}
	id := nba["decision_id"].(string)
	if d.seen[id] {
		return nil // sent again: attune in at-least-once mode, or our own restart
	}
	d.seen[id] = true
	contact := optional(nba["contact_ref"])
	if old := optional(nba["supersedes"]); old != "-" {
		fmt.Printf("withdraw %s %s\n", contact, old)
	}
	if nba["cancelled"].(bool) || nba["expires_at"].(time.Time).Before(time.Now()) {
		return nil
	}
	action := nba["action"].(map[string]any)
	fmt.Printf("show %s %s %s [%s] %s\n", contact, action["id"], action["treatment"], reasons(nba), nba["brief"])
	return d.report(ctx, nba, "shown")
}

// decode undoes Confluent framing: a zero byte, the schema id in four bytes, Avro. The writer's schema is the one to
// read with: it knows all fields of this record, be they newer or older than this program.
func (d *desk) decode(ctx context.Context, value []byte) (map[string]any, error) {
	if len(value) < 5 || value[0] != 0 {
		return nil, errors.New("not in Confluent framing")
	}
	id := binary.BigEndian.Uint32(value[1:5])
	codec, ok := d.codecs[id]
	if !ok {
		schema, err := d.registry.SchemaByID(ctx, int(id))
		if err != nil {
			return nil, err
		}
		if codec, err = goavro.NewCodec(schema.Schema); err != nil {
			return nil, err
		}
		d.codecs[id] = codec
	}
	native, _, err := codec.NativeFromBinary(value[5:])
	if err != nil {
		return nil, err
	}
	return native.(map[string]any), nil
}

// report tells attune what became of a decision. The event id is made of the decision's, so that a report that is sent
// twice counts once.
func (d *desk) report(ctx context.Context, nba map[string]any, outcome string) error {
	schema, err := d.registry.SchemaByVersion(ctx, "action-outcomes-value", -1)
	if err != nil {
		return err
	}
	codec, err := goavro.NewCodec(schema.Schema.Schema)
	if err != nil {
		return err
	}
	value := binary.BigEndian.AppendUint32([]byte{0}, uint32(schema.ID))
	value, err = codec.BinaryFromNative(value, map[string]any{
		"event_id":    "desk-go/" + nba["decision_id"].(string) + "-" + outcome,
		"decision_id": nba["decision_id"],
		"person_ref":  nba["person_ref"],
		"occurred_at": time.Now(),
		"outcome":     outcome,
		"action":      nba["action"].(map[string]any)["id"],
		"reason":      "",
	})
	if err != nil {
		return err
	}
	d.client.Produce(ctx, &kgo.Record{Topic: "action-outcomes", Value: value}, func(_ *kgo.Record, err error) {
		if err != nil {
			log.Printf("report %s: %v", outcome, err)
		}
	})
	return nil
}

// optional is the text of an Avro union of null and string.
func optional(union any) string {
	if branch, ok := union.(map[string]any); ok {
		return branch["string"].(string)
	}
	return "-"
}

func reasons(nba map[string]any) string {
	var words []string
	for _, r := range nba["reasons"].([]any) {
		reason := r.(map[string]any)
		words = append(words, fmt.Sprintf("%s %.2f", reason["code"], reason["p"]))
	}
	return strings.Join(words, ", ")
}
