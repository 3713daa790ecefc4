package verify

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// HTTPTables reads ClickHouse over its HTTP interface.
type HTTPTables struct {
	// URL is http://host:port.
	URL string
}

// Rows implements Tables.
func (h *HTTPTables) Rows(ctx context.Context, sql string, fn func(columns []string)) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL+"/?"+url.Values{"default_format": {"JSONCompactStringsEachRow"}}.Encode(), strings.NewReader(sql))
	if err != nil {
		return err
	}
	// Otherwise the server would wait for idle connections when it stops.
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
		return fmt.Errorf("clickhouse: %s: %s", res.Status, strings.TrimSpace(string(text)))
	}
	decoder := json.NewDecoder(bufio.NewReaderSize(res.Body, 1<<16))
	var columns []string
	for {
		columns = columns[:0]
		if err := decoder.Decode(&columns); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		fn(columns)
	}
}

// row digests columns, so that rows can be compared without being kept.
func row(columns ...string) uint64 {
	h := fnv.New64a()
	for _, c := range columns {
		io.WriteString(h, c)
		h.Write([]byte{0})
	}
	return h.Sum64()
}

// clickhouse compares each table, versions resolved, with what the topics hold or the ledger says.
func (c *checker) clickhouse(ctx context.Context) error {
	if c.Tables == nil {
		return nil
	}
	want := map[string]uint64{}
	c.accepted(func(p *Produced, v *variant, f *fate) {
		if f.identifiedSomewhere {
			want[p.EventID] = v.row
		}
	})
	const log = ` WHERE log = (SELECT log FROM attune.current FINAL LIMIT 1)`
	if err := c.table(ctx, "touchpoints", touchpointColumns, log, want); err != nil {
		return err
	}
	if err := c.table(ctx, "predictions", predictionColumns, log, c.predictionRows); err != nil {
		return err
	}
	if err := c.table(ctx, "actions", decisionColumns, log, c.decisionRows); err != nil {
		return err
	}
	if err := c.table(ctx, "outcomes", outcomeColumns, "", c.Ledger.outcomes); err != nil {
		return err
	}
	if err := c.owners(ctx, log); err != nil {
		return err
	}
	if err := c.factRows(ctx, log); err != nil {
		return err
	}
	return c.aggregateRows(ctx, log)
}

// table compares one table; the first column is the identity.
func (c *checker) table(ctx context.Context, name, columns, where string, want map[string]uint64) error {
	seen := make(map[string]bool, len(want))
	err := c.Tables.Rows(ctx, "SELECT "+columns+" FROM attune."+name+" FINAL"+where, func(got []string) {
		id := got[0]
		w, ok := want[id]
		switch {
		case seen[id]:
			c.twice("clickhouse."+name, id, "is there twice")
		case !ok:
			c.differ("clickhouse."+name, id, "should not be there")
		case w != row(got...):
			c.differ("clickhouse."+name, id, "differs: %s", strings.Join(got[1:], " "))
		}
		seen[clone(id)] = true
	})
	for id := range want {
		if !seen[id] {
			c.lost("clickhouse."+name, id, "is missing")
		}
	}
	c.report.Rows[name] = len(seen)
	if err != nil || c.Resent {
		return err
	}
	return c.copies(ctx, name)
}

// rowID is what makes two records of attune.identified copies of one row.
type rowID struct {
	event string
	// Event time.
	at int64
}

// owners compares the origin of touchpoints in ClickHouse with the records that they name. Of the
// copies of a touchpoint the one of the lowest offset must be there: if the sink had lost it,
// another would stand in for it. Which other copies are there cannot be said, since a merge may
// remove them at any time.
func (c *checker) owners(ctx context.Context, where string) error {
	return c.Tables.Rows(ctx, "SELECT record_partition, record_offset, toUnixTimestamp64Milli(occurred_at), "+ownerColumns+" FROM attune.touchpoints FINAL"+where, func(got []string) {
		partition, _ := strconv.ParseInt(got[0], 10, 32)
		offset, _ := strconv.ParseInt(got[1], 10, 64)
		at, _ := strconv.ParseInt(got[2], 10, 64)
		event := got[3]
		if c.ownerRows[position{"attune.identified", int32(partition), offset}] != row(got[3:]...) {
			c.differ("clickhouse.touchpoints", event, "is not what attune.identified/%d@%d says", partition, offset)
		}
		if first, ok := c.firstRows[rowID{event, at}]; ok && first < offset {
			c.lost("clickhouse.touchpoints", event, "is the copy of offset %d, that of offset %d is missing", offset, first)
		}
	})
}

// copies demands that no row was inserted twice. Readers of the views would not see it, but if the
// sink did not send anything again, it was a defect.
func (c *checker) copies(ctx context.Context, name string) error {
	id := map[string]string{"touchpoints": "event_id", "predictions": "prediction_id", "actions": "decision_id", "outcomes": "event_id", "contact_facts": "contact_id",
		"aggregates": "concat(aggregate, ' window ', toString(toUnixTimestamp64Milli(window_start)))"}[name]
	const place = "record_topic, record_partition, record_offset"
	return c.Tables.Rows(ctx, "SELECT any("+id+"), count(), "+place+" FROM attune."+name+" GROUP BY "+place+" HAVING count() > 1", func(got []string) {
		c.twice("clickhouse."+name, got[0], "was inserted %s times: %s/%s@%s", got[1], got[2], got[3], got[4])
	})
}

func (c *checker) aggregateRows(ctx context.Context, where string) error {
	seen := map[cell]bool{}
	err := c.Tables.Rows(ctx, "SELECT "+aggregateColumns+" FROM attune.aggregates FINAL"+where, func(got []string) {
		var n [5]int64
		for _, i := range []int{1, 4} {
			n[i], _ = strconv.ParseInt(got[i], 10, 64)
		}
		partition, _ := strconv.ParseInt(got[5], 10, 32)
		channel, _ := schemas.ParseChannel(got[2])
		key := cell{got[0], n[1], channel, got[3], int32(n[4]), int32(partition)}
		want, ok := c.cells[key]
		switch {
		case seen[key]:
			c.twice("clickhouse.aggregates", key.String(), "is there twice")
		case !ok:
			c.differ("clickhouse.aggregates", key.String(), "should not be there")
		case row(got...) != want.row:
			c.differ("clickhouse.aggregates", key.String(), "differs: %s", strings.Join(got[6:], " "))
		}
		seen[key] = true
	})
	for key := range c.cells {
		if !seen[key] {
			c.lost("clickhouse.aggregates", key.String(), "is missing")
		}
	}
	c.report.Rows["aggregates"] = len(seen)
	if err != nil || c.Resent {
		return err
	}
	return c.copies(ctx, "aggregates")
}
