package verify

import (
	"context"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// relation is what a link said of whoever has an identifier, to the patient that it names.
type relation struct{ relation, mayKnow string }

// relations reads what links have said so.
func (c *checker) relations(ctx context.Context) error {
	c.related = map[relation]bool{}
	var l schemas.IdentityLink
	return c.Log.Each(ctx, "identity-links", func(r *pipeline.Record) error {
		// A link that cannot be read is refused, and says nothing.
		if decode(r, &l) != nil || l.Relation == "" {
			return nil
		}
		v := relation{clone(l.Relation), clone(l.MayKnow)}
		if isFree(v.relation) {
			v.relation = "other"
		}
		if isFree(v.mayKnow) {
			v.mayKnow = ""
		}
		c.related[v] = true
		return nil
	})
}

// introduced is what was sent of a call on which INGEST has written who calls, as some link says it, or nil. Which of
// the links it is hangs on the order in which they came, and on identifiers that nobody sees past INGEST.
func (c *checker) introduced(p *Produced, t *schemas.Touchpoint) (v *variant) {
	if t.Body.Kind != schemas.TouchpointBodyCall || len(c.related) == 0 {
		return nil
	}
	sent := t.Clone()
	call := &sent.Body.Call
	said := func(same func(relation) bool) bool {
		for r := range c.related {
			if same(r) {
				return true
			}
		}
		return false
	}
	if actsAs := call.ActsAs; actsAs != "" && said(func(r relation) bool { return r.relation == actsAs }) {
		call.ActsAs = ""
	} else if c.related[relation{call.Relation, call.MayKnow}] {
		call.MayKnow = ""
		// The call may have said the relation by itself.
		if v = c.variantOf(p, &sent); v == nil {
			call.Relation = ""
		}
	}
	if v == nil {
		v = c.variantOf(p, &sent)
	}
	if v == nil {
		return nil
	}
	// ClickHouse has what INGEST has written.
	w := *v
	w.row, w.call = touchpointRow(t), t.Body.Call.Clone()
	w.digest, c.scratch = digest(t, c.scratch)
	p.variants = append(p.variants, w)
	return &p.variants[len(p.variants)-1]
}

func (c *checker) variantOf(p *Produced, t *schemas.Touchpoint) *variant {
	var d uint64
	d, c.scratch = digest(t, c.scratch)
	return p.variant(d)
}
