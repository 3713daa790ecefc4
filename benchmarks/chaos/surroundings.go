package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// surroundings are what others do to attune without a process of it being touched: its registry is away, the cluster slows
// it down or denies it a topic, and somebody writes what cannot be read. It is safe for concurrent use.
type surroundings struct {
	front *registryFront
	// registry is its address past the front.
	registry string
	writer   *kgo.Client

	mu sync.Mutex
	// What was written in schemas that nobody has read before.
	sent []verify.Sent
	// Where records lie whose batch cannot be read.
	poison map[position]bool
	n      int
}

// position is where a record lies.
type position struct {
	topic     string
	partition int32
	offset    int64
}

// mostExpanded is what a batch may expand to in this site, and poisonBytes are more.
const (
	mostExpanded = 4 << 20
	poisonBytes  = 5 << 20
)

func newSurroundings(ctx context.Context, registry string, brokers []string) (*surroundings, error) {
	s := &surroundings{registry: registry, poison: map[position]bool{}}
	var err error
	if s.front, err = newRegistryFront(ctx, registry); err != nil {
		return nil, err
	}
	s.writer, err = kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.ZstdCompression()),
		kgo.ProducerBatchMaxBytes(2*poisonBytes), kgo.ProducerLinger(50*time.Millisecond))
	return s, err
}

func (s *surroundings) close() error {
	if s.writer != nil {
		s.writer.Close()
	}
	if s.front == nil {
		return nil
	}
	return s.front.server.Close()
}

// surroundingFault draws what happens around attune. It ends by itself.
func (s *site) surroundingFault(d dice) fault {
	lasting := d.about(2500*time.Millisecond, 3500*time.Millisecond)
	partition := int32(d.IntN(partitions))
	answer := registryAnswers[d.IntN(len(registryAnswers))]
	denied := deniedTopics[d.IntN(len(deniedTopics))]
	rate := float64(10_000 + d.IntN(40_000))
	return d.choose([]choice{
		{4, func() fault {
			return fault{"registry " + answer.name, lasting.Round(100 * time.Millisecond).String(), func(ctx context.Context) error {
				s.around.front.answers(answer.how)
				defer s.around.front.answers(nil)
				// Somebody has to ask it.
				err := s.around.writeUnheardOf(ctx, partition)
				sleep(ctx, lasting)
				return err
			}}
		}},
		{2, func() fault {
			return fault{"quota", fmt.Sprintf("%.0f B/s for %v", rate, lasting.Round(100*time.Millisecond)), func(ctx context.Context) error {
				if err := s.setQuota(ctx, rate); err != nil {
					return err
				}
				sleep(ctx, lasting)
				return s.setQuota(context.WithoutCancel(ctx), 0)
			}}
		}},
		{3, func() fault {
			return fault{"writing denied", denied + " for " + lasting.Round(100*time.Millisecond).String(), func(ctx context.Context) error {
				if err := s.deny(ctx, denied); err != nil {
					return err
				}
				sleep(ctx, lasting)
				return s.allow(context.WithoutCancel(ctx), denied)
			}}
		}},
		{2, func() fault {
			return fault{"batch that cannot be read", fmt.Sprintf("%s/%d", schemas.TopicTouchpointsApp, partition), func(ctx context.Context) error {
				return s.around.writePoison(ctx, partition)
			}}
		}},
	})
}

// deniedTopics are those of which the right to write is taken away.
var deniedTopics = []string{schemas.TopicIdentified, schemas.TopicPredictions, schemas.TopicActions, schemas.TopicPersonas, schemas.TopicContactFacts, schemas.TopicDecisionInputs}

// registryAnswers are what a registry that is not there answers, or what stands before it.
var registryAnswers = []struct {
	name string
	how  func(w http.ResponseWriter)
}{
	{"is down (503)", func(w http.ResponseWriter) { http.Error(w, "no healthy upstream", http.StatusServiceUnavailable) }},
	{"is an HTML page", func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<html><body>default backend - 404</body></html>")
	}},
	{"asks for a login (401)", func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) }},
	{"says OK and nothing else", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "OK") }},
	{"hangs up", func(w http.ResponseWriter) {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
	}},
}

// registryFront stands before the registry, as an ingress does.
type registryFront struct {
	server *http.Server
	url    string
	how    atomic.Pointer[func(http.ResponseWriter)]
}

func newRegistryFront(ctx context.Context, registry string) (*registryFront, error) {
	target, err := url.Parse(registry)
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	inner := httputil.NewSingleHostReverseProxy(target)
	inner.ErrorLog, inner.Transport = log.New(io.Discard, "", 0), &http.Transport{}
	f := &registryFront{url: "http://" + listener.Addr().String()}
	f.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if how := f.how.Load(); how != nil {
			(*how)(w)
			return
		}
		inner.ServeHTTP(w, r)
	})}
	go func() { _ = f.server.Serve(listener) }()
	return f, nil
}

// answers has it answer in a way of its own; nil: as the registry does.
func (f *registryFront) answers(how func(http.ResponseWriter)) {
	if how == nil {
		f.how.Store(nil)
		return
	}
	f.how.Store(&how)
}

// writeUnheardOf writes touchpoints in a schema that is registered this moment, so that whoever reads them has to ask for it.
func (s *surroundings) writeUnheardOf(ctx context.Context, partition int32) error {
	s.mu.Lock()
	s.n++
	n := s.n
	s.mu.Unlock()
	var schema map[string]any
	if err := json.Unmarshal([]byte(schemas.TouchpointSchema), &schema); err != nil {
		return err
	}
	schema["doc"] = fmt.Sprintf("As of change %d.", n)
	text, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	id, err := s.register(ctx, string(text))
	if err != nil {
		return fmt.Errorf("register change %d: %w", n, err)
	}
	var records []*kgo.Record
	for i := range 3 {
		now := schemas.MillisOf(time.Now())
		t := schemas.Touchpoint{EventID: fmt.Sprintf("chaos/%d/%d", n, i), OccurredAt: now, ReceivedAt: now, Channel: schemas.ChannelWeb,
			Identifiers: []schemas.Identifier{{Kind: schemas.IdentifierKindCookie, Value: schemas.Protected("chaos-cookie-" + strconv.Itoa(n%7))}},
			Body:        schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: schemas.Web{Event: schemas.WebEventPageView, Page: "home", Results: -1}}}
		records = append(records, &kgo.Record{Topic: schemas.TopicTouchpointsWeb, Partition: partition, Value: schemas.AppendFramed(nil, id, &t)})
	}
	if err := s.writer.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return fmt.Errorf("write in change %d: %w", n, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range records {
		sum := sha256.Sum256(r.Value)
		s.sent = append(s.sent, verify.Sent{Topic: r.Topic, Kind: "touchpoint", SHA: hex.EncodeToString(sum[:8])})
	}
	return nil
}

// register registers a schema of web touchpoints, and returns its id.
func (s *surroundings) register(ctx context.Context, schema string) (int32, error) {
	body, err := json.Marshal(map[string]string{"schema": schema, "schemaType": "AVRO"})
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.registry+"/subjects/"+schemas.TopicTouchpointsWeb+"-value/versions", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	var made struct {
		ID int32 `json:"id"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&made); err != nil || made.ID == 0 {
		return 0, errors.Join(fmt.Errorf("the registry answers %s", answer.Status), err)
	}
	return made.ID, nil
}

// writePoison writes a batch of one record that expands to more than attune takes.
func (s *surroundings) writePoison(ctx context.Context, partition int32) error {
	r := &kgo.Record{Topic: schemas.TopicTouchpointsApp, Partition: partition, Value: make([]byte, poisonBytes)}
	if err := s.writer.ProduceSync(ctx, r).FirstErr(); err != nil {
		return fmt.Errorf("write what cannot be read: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.poison[position{r.Topic, r.Partition, r.Offset}] = true
	return nil
}

// setQuota bounds what each client may write and read in a second, in bytes; 0 takes the bound away.
func (s *site) setQuota(ctx context.Context, rate float64) error {
	entry := kmsg.NewAlterClientQuotasRequestEntry()
	entity := kmsg.NewAlterClientQuotasRequestEntryEntity()
	entity.Type = "client-id"
	entry.Entity = append(entry.Entity, entity)
	for _, key := range []string{"producer_byte_rate", "consumer_byte_rate"} {
		op := kmsg.NewAlterClientQuotasRequestEntryOp()
		op.Key, op.Value, op.Remove = key, rate, rate == 0
		entry.Ops = append(entry.Ops, op)
	}
	request := kmsg.NewPtrAlterClientQuotasRequest()
	request.Entries = append(request.Entries, entry)
	answer, err := request.RequestWith(ctx, s.stranger.client)
	if err != nil {
		return fmt.Errorf("set quota: %w", err)
	}
	return kerr.ErrorForCode(answer.Entries[0].ErrorCode)
}

// rights of a topic as they are while writing to it is denied. Where a topic has any, only what they allow is allowed.
var rights = []struct {
	operation  kmsg.ACLOperation
	permission kmsg.ACLPermissionType
}{{kmsg.ACLOperationAll, kmsg.ACLPermissionTypeAllow}, {kmsg.ACLOperationWrite, kmsg.ACLPermissionTypeDeny}}

// deny takes from everybody the right to write to a topic.
func (s *site) deny(ctx context.Context, topic string) error {
	request := kmsg.NewPtrCreateACLsRequest()
	for _, r := range rights {
		c := kmsg.NewCreateACLsRequestCreation()
		c.ResourceType, c.ResourceName, c.Principal, c.Host, c.Operation, c.PermissionType = kmsg.ACLResourceTypeTopic, topic, "User:*", "*", r.operation, r.permission
		request.Creations = append(request.Creations, c)
	}
	answer, err := request.RequestWith(ctx, s.stranger.client)
	if err != nil {
		return fmt.Errorf("deny writing to %s: %w", topic, err)
	}
	for _, r := range answer.Results {
		err = errors.Join(err, kerr.ErrorForCode(r.ErrorCode))
	}
	return err
}

// allow gives it back.
func (s *site) allow(ctx context.Context, topic string) error {
	request := kmsg.NewPtrDeleteACLsRequest()
	for _, r := range rights {
		f := kmsg.NewDeleteACLsRequestFilter()
		f.ResourceType, f.ResourceName, f.Operation, f.PermissionType = kmsg.ACLResourceTypeTopic, &topic, r.operation, r.permission
		request.Filters = append(request.Filters, f)
	}
	answer, err := request.RequestWith(ctx, s.stranger.client)
	if err != nil {
		return fmt.Errorf("allow writing to %s: %w", topic, err)
	}
	for _, r := range answer.Results {
		err = errors.Join(err, kerr.ErrorForCode(r.ErrorCode))
	}
	return err
}

// The user that attune logs in as. Its password is no secret.
const (
	user     = "attune"
	password = "attune-of-chaos"
)

// authorized makes a broker ask who may do what. Everybody may do everything of which nothing is said. Clients of the listener
// behind the proxies log in. The brokers do not, nor do observers past the proxies: nobody is a user that may do everything, since
// brokers have to find each other before any right is known to them.
var authorized = map[string]string{
	"authorizer.class.name":                          "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
	"allow.everyone.if.no.acl.found":                 "true",
	"super.users":                                    "User:ANONYMOUS",
	"listener.security.protocol.map":                 "CONTROLLER:PLAINTEXT,PLAINTEXT:SASL_PLAINTEXT,DIRECT:PLAINTEXT",
	"sasl.enabled.mechanisms":                        "PLAIN",
	"listener.name.plaintext.plain.sasl.jaas.config": fmt.Sprintf(`org.apache.kafka.common.security.plain.PlainLoginModule required user_%s="%s";`, user, password),
}

// deleteGroup deletes the processor's group while none of its members runs: its offsets are gone.
func (s *site) deleteGroup(d dice) fault {
	down := d.about(0, time.Second)
	return fault{"delete the group", processorGroup, func(ctx context.Context) error {
		for _, r := range s.runs {
			if err := r.kill(); err != nil {
				return err
			}
		}
		deleting, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		// The killed are its members until their session is over.
		for {
			request := kmsg.NewPtrDeleteGroupsRequest()
			request.Groups = []string{processorGroup}
			answer, err := request.RequestWith(deleting, s.stranger.client)
			if err == nil && len(answer.Groups) == 1 {
				err = kerr.ErrorForCode(answer.Groups[0].ErrorCode)
			}
			if err == nil {
				break
			}
			if deleting.Err() != nil {
				return fmt.Errorf("delete group %s: %w", processorGroup, err)
			}
			sleep(deleting, 200*time.Millisecond)
		}
		sleep(ctx, down)
		for _, r := range s.runs {
			if err := r.start(); err != nil {
				return err
			}
		}
		return nil
	}}
}

// readable is the topics without the batches that cannot be read, and without what became of them.
type readable struct {
	verify.Log
	poison map[position]bool
	// Called for each batch that was set aside, where it is not nil.
	aside func(position)
}

// Each implements verify.Log.
func (l readable) Each(ctx context.Context, topic string, fn func(*pipeline.Record) error) error {
	var rejected schemas.RejectedRecord
	return l.Log.Each(ctx, topic, func(r *pipeline.Record) error {
		switch {
		case l.poison[position{topic, r.Partition, r.Offset}]:
			return nil
		case topic == schemas.TopicTouchpointsRejected && len(r.Value) > schemas.FrameSize:
			if err := schemas.DecodeWhole(&rejected, r.Value[schemas.FrameSize:]); err == nil && rejected.Reason == pipeline.ReasonUnreadable {
				if l.aside != nil {
					l.aside(position{string([]byte(rejected.Topic)), rejected.Partition, rejected.Offset})
				}
				return nil
			}
		}
		return fn(r)
	})
}

// setAside demands that each batch that cannot be read was set aside, once.
func (s *site) setAside(ctx context.Context) error {
	times := map[position]int{}
	log := readable{s.stranger, s.around.poison, func(p position) { times[p]++ }}
	if err := log.Each(ctx, schemas.TopicTouchpointsRejected, func(*pipeline.Record) error { return nil }); err != nil {
		return err
	}
	for p, n := range times {
		switch {
		case !s.around.poison[p]:
			s.report.add(0, 0, 1, fmt.Sprintf("%s/%d offset %d was set aside, and can be read", p.topic, p.partition, p.offset))
		case n > 1:
			s.report.add(0, n-1, 0, fmt.Sprintf("%s/%d offset %d was set aside %d times", p.topic, p.partition, p.offset, n))
		}
	}
	for p := range s.around.poison {
		if times[p] == 0 {
			s.report.add(1, 0, 0, fmt.Sprintf("%s/%d offset %d cannot be read, and was not set aside", p.topic, p.partition, p.offset))
		}
	}
	return nil
}
