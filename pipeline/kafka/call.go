package kafka

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// API keys that we speak, with the version that we speak, in dial.go's list of what a broker needs.
const (
	apiProduce            = 0
	apiFetch              = 1
	apiListOffsets        = 2
	apiMetadata           = 3
	apiOffsetCommit       = 8
	apiOffsetFetch        = 9
	apiFindCoordinator    = 10
	apiLeaveGroup         = 13
	apiDescribeGroups     = 15
	apiApiVersions        = 18
	apiCreateTopics       = 19
	apiDeleteTopics       = 20
	apiInitProducerID     = 22
	apiAddPartitionsToTxn = 24
	apiAddOffsetsToTxn    = 25
	apiEndTxn             = 26
	apiTxnOffsetCommit    = 28
	apiDescribeConfigs    = 32
	apiDescribeProducers  = 61
)

const (
	anyBroker = -1
	// correlation is constant: kafka-go has one request at a time on a connection.
	correlation = 7
	// maxResponse bounds what a broken or hostile broker can make us allocate.
	maxResponse = 256 << 20
	// firstRead is how much memory a response gets by its announced length alone, before its bytes
	// arrive.
	firstRead = 8 << 20
	// smallWrite is the size up to which pieces are gathered into one write.
	smallWrite = 32 << 10
)

// call is one request of any API at any version. kafka-go's Transport gives it a connection to the
// broker that it names (protocol.BrokerMessage) and leaves the exchange to it
// (protocol.RawExchanger). After an error neither the call nor its buffers may be used again: the
// exchange may still be going on in another goroutine.
type call struct {
	key     int16
	version int16
	// Flexible version: tagged request and response headers.
	flex bool
	// Broker, or anyBroker.
	node int32
	// Client id.
	client string
	// What topics are called in the answer.
	names *topicNames
	body  []byte
	// Appended after body piecewise: produce only.
	payloads [][]byte
	// Positions in body at which the payloads go.
	cuts []int
	// Body of the response; its capacity is used if it suffices.
	resp []byte
	// For how long the broker reads nothing more from the connection, by its answer.
	pause time.Duration
}

// ApiKey implements protocol.Message.
func (c *call) ApiKey() protocol.ApiKey { return protocol.ApiKey(c.key) }

// Required implements protocol.RawExchanger.
func (c *call) Required(map[protocol.ApiKey]int16) bool { return true }

// Broker implements protocol.BrokerMessage.
func (c *call) Broker(protocol.Cluster) (protocol.Broker, error) {
	return protocol.Broker{ID: c.node}, nil
}

// RawExchange implements protocol.RawExchanger.
func (c *call) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	if err := c.write(rw); err != nil {
		return nil, err
	}
	if err := c.read(rw); err != nil {
		return nil, err
	}
	if c.pause = pauseOf(c); c.pause > muteLimit {
		return nil, errMuted
	}
	return c, nil
}

func (c *call) header() []byte {
	be := binary.BigEndian
	h := make([]byte, 4, 64+len(c.client)+len(c.body))
	h = be.AppendUint16(h, uint16(c.key))
	h = be.AppendUint16(h, uint16(c.version))
	h = be.AppendUint32(h, correlation)
	h = be.AppendUint16(h, uint16(len(c.client)))
	h = append(h, c.client...)
	if c.flex || c.key == apiApiVersions && c.version >= 3 {
		h = append(h, 0)
	}
	size := len(h) - 4 + len(c.body)
	for _, p := range c.payloads {
		size += len(p)
	}
	be.PutUint32(h, uint32(size))
	return h
}

// write sends header, body and payloads. Small pieces are gathered into one write; large ones are
// not copied.
func (c *call) write(w io.Writer) error {
	out := c.header()
	from := 0
	for i, p := range c.payloads {
		out = append(out, c.body[from:c.cuts[i]]...)
		from = c.cuts[i]
		if len(p) < smallWrite && len(out) < smallWrite {
			out = append(out, p...)
			continue
		}
		if _, err := w.Write(out); err != nil {
			return err
		}
		if _, err := w.Write(p); err != nil {
			return err
		}
		out = out[:0]
	}
	if out = append(out, c.body[from:]...); len(out) == 0 {
		return nil
	}
	_, err := w.Write(out)
	return err
}

func (c *call) read(r io.Reader) error {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint32(head[:])) - 4
	if n < 0 || n > maxResponse {
		return fmt.Errorf("broker announces a response of %d bytes (is it a Kafka listener, and of the right security protocol?)", n)
	}
	if id := binary.BigEndian.Uint32(head[4:]); id != correlation {
		return fmt.Errorf("response has correlation id %d", id)
	}
	if err := c.readBody(r, n); err != nil {
		return err
	}
	if c.flex {
		rd := reader{b: c.resp, flex: true}
		if rd.tags(); rd.bad {
			return errors.New("response header is malformed")
		}
		c.resp = rd.b
	}
	return nil
}

// readBody reads n bytes into resp. Memory grows with what has arrived: an announced length gets
// firstRead at most.
func (c *call) readBody(r io.Reader, n int) error {
	c.resp = c.resp[:0]
	if cap(c.resp) < n {
		c.resp = make([]byte, 0, min(n, firstRead))
	}
	for len(c.resp) < n {
		at := len(c.resp)
		if at == cap(c.resp) {
			c.resp = append(make([]byte, 0, min(n, 2*at)), c.resp...)
		}
		c.resp = c.resp[:min(n, cap(c.resp))]
		if _, err := io.ReadFull(r, c.resp[at:]); err != nil {
			return err
		}
	}
	return nil
}

// reader returns a reader of the response body.
func (c *call) reader() reader { return reader{b: c.resp, flex: c.flex, names: c.names} }
