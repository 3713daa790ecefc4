package clickhouse

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// viewsVersion is raised with each change of the views. Of two builds that share a database, the older one leaves the
// views of the newer one alone.
const viewsVersion = 10

// unmarkedViews are those of version 1, whose comments said nothing of who had made them.
var unmarkedViews = []string{
	"current_touchpoints", "current_predictions", "current_actions", "current_outcomes", "current_aggregates", "current_contact_facts",
	"current_persons", "journey", "contacts_by_reason", "window_completeness", "contacts", "failed_steps", "last_resort_contacts",
	"contact_resolution", "scored_contacts", "prediction_quality", "prediction_calibration", "actions_and_outcomes",
}

//go:embed views/*.sql
var viewFiles embed.FS

// view is one view's definition.
type view struct{ name, sql string }

// views returns the definitions in the order in which they can be created: a view may read earlier ones.
func views() ([]view, error) {
	entries, err := viewFiles.ReadDir("views")
	if err != nil {
		return nil, err
	}
	var out, last []view
	of := map[string]string{}
	for _, e := range entries {
		text, err := viewFiles.ReadFile("views/" + e.Name())
		if err != nil {
			return nil, err
		}
		_, name, _ := strings.Cut(strings.TrimSuffix(e.Name(), ".sql"), "_")
		v := view{name, strings.TrimSuffix(strings.TrimSpace(string(text)), ";")}
		if e.Name() >= rolledFiles {
			last = append(last, v)
			continue
		}
		of[name] = v.sql
		out = append(out, v)
	}
	return slices.Concat(out, rolledViews(of), last), nil
}

// definitions are the texts of all views, by their names.
func definitions() (map[string]string, error) {
	all, err := views()
	if err != nil {
		return nil, err
	}
	of := map[string]string{}
	for _, v := range all {
		of[v.name] = v.sql
	}
	return of, nil
}

func fingerprintOf(all ...view) string {
	h := sha256.New()
	for _, v := range all {
		h.Write([]byte(v.sql))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// mark ends the comment of each view that attune makes: which version, and the hash of the definition.
var mark = regexp.MustCompile(` \[attune ([0-9]+) ([0-9a-f]+)\]$`)

// made is what the mark of a view says; version 0 where there is none.
func (o *object) made() (version int, fingerprint string) {
	if m := mark.FindStringSubmatch(o.comment); m != nil {
		version, _ = strconv.Atoi(m[1]) // digits, by the expression
		return version, m[2]
	}
	return 0, ""
}

// definition is the statement that makes the view as it is configured, and its hash. The mark stands in its comment.
func (c *Client) definition(v view) (statement, fingerprint string) {
	text := c.sql(v.sql)
	if c.cfg.ViewsDefiner != "" {
		// Who may read the view needs no right to what it reads.
		text = strings.Replace(text, "\nAS ", "\nDEFINER = `"+c.cfg.ViewsDefiner+"` SQL SECURITY DEFINER\nAS ", 1)
	}
	fingerprint = fingerprintOf(view{sql: text})
	return fmt.Sprintf("%s [attune %d %s]'", strings.TrimSuffix(text, "'"), viewsVersion, fingerprint), fingerprint
}

// differingViews are the views that are missing or of another definition. newer: a newer attune has made one of them,
// and what it has made is not for this one to change.
func (c *Client) differingViews(all []view, have map[string]object) (differ []view, newer bool) {
	for _, v := range all {
		o, there := have[v.name]
		_, want := c.definition(v)
		switch version, got := o.made(); {
		case version > viewsVersion:
			newer = true
		case !there || got != want:
			differ = append(differ, v)
		}
	}
	return differ, newer
}

// foreignViews reports names of views that are taken by what attune did not make.
func (c *Client) foreignViews(ctx context.Context, all []view, have map[string]object) error {
	var problems []error
	for _, v := range all {
		o, there := have[v.name]
		switch version, _ := o.made(); {
		case !there || o.engine == "View" && version > 0:
			continue
		case o.engine == "View" && slices.Contains(unmarkedViews, v.name):
			applied, err := c.appliedViews(ctx, have)
			if err != nil {
				return err
			}
			if applied {
				continue
			}
		}
		problems = append(problems, c.foreign(&o))
	}
	return errors.Join(problems...)
}

// appliedViews says whether a build of views of version 1 has made the views.
func (c *Client) appliedViews(ctx context.Context, have map[string]object) (bool, error) {
	if _, ok := have["schema_version"]; !ok {
		return false, nil
	}
	var n uint64
	if err := c.One(ctx, "SELECT count() FROM {db}.schema_version WHERE part = 'views'", &n); err != nil {
		return false, fmt.Errorf("read schema version: %w", err)
	}
	return n > 0, nil
}

// applyViews makes the views that are missing and replaces those of another definition, unless a newer attune has
// made some of them.
func (c *Client) applyViews(ctx context.Context, have map[string]object) error {
	all, err := views()
	if err != nil {
		return err
	}
	differ, newer := c.differingViews(all, have)
	if newer {
		c.note("the views of %s are of a newer attune, and stay as they are", c.cfg.Database)
		return nil
	}
	for _, v := range differ {
		statement, _ := c.definition(v)
		if err := c.Exec(ctx, statement); err != nil {
			return fmt.Errorf("create view %s: %w", v.name, err)
		}
	}
	return nil
}

// CheckViews names the views that are missing, of another definition or somebody else's. Rows can be written whatever
// it says: a sink that may change nothing starts, and an old one leaves the views of a newer one alone.
func (c *Client) CheckViews(ctx context.Context) error {
	all, err := views()
	if err != nil {
		return err
	}
	have, err := c.look(ctx)
	if err != nil {
		return err
	}
	if err := c.foreignViews(ctx, all, have); err != nil {
		return err
	}
	differ, newer := c.differingViews(all, have)
	if newer {
		return fmt.Errorf("the views of %s are of a newer attune than this one", c.cfg.Database)
	}
	var problems []error
	for _, v := range differ {
		if _, there := have[v.name]; there {
			return fmt.Errorf("the views of %s are of another version or other settings of attune: run attune sink once with schema apply", c.cfg.Database)
		}
		problems = append(problems, fmt.Errorf("view %s.%s is missing: run attune sink once with schema apply", c.cfg.Database, c.cfg.TablePrefix+v.name))
	}
	return errors.Join(problems...)
}
