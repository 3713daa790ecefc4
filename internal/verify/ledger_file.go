package verify

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/attune-health/attune/schemas"
)

// ledgerFile is a ledger as it is kept between runs on the same data. It holds no identifier of a
// patient.
type ledgerFile struct {
	Touchpoints []touchpointEntry `json:"touchpoints"`
	Anonymous   map[string]int    `json:"unreadable"`
	Links       int               `json:"links"`
	Consents    int               `json:"consents"`
	Outcomes    map[string]uint64 `json:"outcomes"`
	Total       int               `json:"total"`
}

type touchpointEntry struct {
	ID       string         `json:"id"`
	Topic    string         `json:"topic"`
	Channel  int32          `json:"channel"`
	Copies   int            `json:"copies"`
	Refuse   string         `json:"refuse,omitempty"`
	Variants []variantEntry `json:"variants"`
}

type variantEntry struct {
	OccurredAt int64  `json:"occurred_at"`
	ContactID  string `json:"contact,omitempty"`
	Row        uint64 `json:"row"`
	Digest     uint64 `json:"digest"`
	// The record in Avro.
	Call []byte `json:"call,omitempty"`
}

// Save writes the ledger down for Load.
func (l *Ledger) Save(w io.Writer) error {
	f := ledgerFile{Anonymous: l.anonymous, Links: l.links, Consents: l.consents, Outcomes: l.outcomes, Total: l.total}
	for _, p := range l.touchpoints {
		e := touchpointEntry{ID: p.EventID, Topic: p.Topic, Channel: int32(p.Channel), Copies: p.Copies, Refuse: p.Refuse}
		for _, v := range p.variants {
			x := variantEntry{OccurredAt: v.occurredAt, ContactID: v.contactID, Row: v.row, Digest: v.digest}
			if v.isCall {
				v.call.Agent = schemas.Opt[schemas.Protected]{}
				x.Call = v.call.AppendAvro(nil)
			}
			e.Variants = append(e.Variants, x)
		}
		f.Touchpoints = append(f.Touchpoints, e)
	}
	if err := json.NewEncoder(w).Encode(&f); err != nil {
		return fmt.Errorf("save ledger: %w", err)
	}
	return nil
}

// Load reads what Save has written into an empty ledger.
func (l *Ledger) Load(r io.Reader) error {
	var f ledgerFile
	if err := json.NewDecoder(r).Decode(&f); err != nil {
		return fmt.Errorf("load ledger: %w", err)
	}
	*l = Ledger{touchpoints: map[string]*Produced{}, anonymous: f.Anonymous, links: f.Links, consents: f.Consents, outcomes: f.Outcomes, total: f.Total}
	for _, e := range f.Touchpoints {
		p := &Produced{EventID: e.ID, Topic: e.Topic, Channel: schemas.Channel(e.Channel), Copies: e.Copies, Refuse: e.Refuse}
		for _, x := range e.Variants {
			v := variant{occurredAt: x.OccurredAt, contactID: x.ContactID, row: x.Row, digest: x.Digest, isCall: x.Call != nil}
			if v.isCall {
				if err := schemas.DecodeWhole(&v.call, x.Call); err != nil {
					return fmt.Errorf("load ledger: event %s: %w", e.ID, err)
				}
				v.call = v.call.Clone()
			}
			p.variants = append(p.variants, v)
		}
		l.touchpoints[p.EventID] = p
	}
	return nil
}

// Newest is the newest event time of a touchpoint that must not be rejected, in Unix ms; 0 without one.
func (l *Ledger) Newest() int64 {
	newest := int64(0)
	for _, p := range l.touchpoints {
		for _, v := range p.variants {
			if p.Refuse == "" {
				newest = max(newest, v.occurredAt)
			}
		}
	}
	return newest
}
