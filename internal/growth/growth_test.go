package growth

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/attune-health/attune/internal/avrogen"
)

// grown is a copy of the product's schemas with what a test changes, and the overlay that a build takes
// it from.
type grown struct {
	t       *testing.T
	root    string
	dir     string
	replace map[string]string // by the path in the tree
}

func grow(t *testing.T) *grown {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the product again, and runs it in processes of its own: the race detector would not watch them")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return &grown{t: t, root: root, dir: t.TempDir(), replace: map[string]string{}}
}

// change replaces a file of the tree.
func (g *grown) change(name string, edit func(text string) string) {
	g.t.Helper()
	text, err := os.ReadFile(filepath.Join(g.root, name))
	if err != nil {
		g.t.Fatal(err)
	}
	changed := edit(string(text))
	if changed == string(text) {
		g.t.Fatalf("%s: nothing to change", name)
	}
	g.put(name, changed)
}

// put gives a file of the tree another text.
func (g *grown) put(name, text string) {
	g.t.Helper()
	path := filepath.Join(g.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		g.t.Fatal(err)
	}
	g.replace[filepath.Join(g.root, name)] = path
}

// generate edits every schema and generates its Go files.
func (g *grown) generate(edit func(schema string) string) {
	g.t.Helper()
	files, err := filepath.Glob(filepath.Join(g.root, "schemas", "*.avsc"))
	if err != nil || len(files) == 0 {
		g.t.Fatalf("no schemas: %v", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			g.t.Fatal(err)
		}
		g.put("schemas/"+filepath.Base(f), edit(string(text)))
	}
	model, err := avrogen.Load(filepath.Join(g.dir, "schemas"))
	if err != nil {
		g.t.Fatal(err)
	}
	code, err := avrogen.Generate(model, "schemas")
	if err != nil {
		g.t.Fatal(err)
	}
	for name, text := range code {
		g.put("schemas/"+name, string(text))
	}
}

// test runs tests of some packages on the changed product; each must have one of that name.
func (g *grown) test(run string, pkgs ...string) {
	g.t.Helper()
	text, err := json.Marshal(map[string]any{"Replace": g.replace})
	if err != nil {
		g.t.Fatal(err)
	}
	overlay := filepath.Join(g.dir, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o644); err != nil {
		g.t.Fatal(err)
	}
	// Without the tables of debuggers: linking is half of what this costs.
	args := append([]string{"test", "-vet=off", "-trimpath", "-ldflags=-s -w", "-overlay", overlay, "-count=1", "-v", "-run", run}, pkgs...)
	cmd := exec.CommandContext(g.t.Context(), "go", args...)
	cmd.Dir = g.root
	out, err := cmd.CombinedOutput()
	if err != nil {
		g.t.Fatalf("%v: %v\n%s", pkgs, err, out)
	}
	if bytes.Contains(out, []byte("no tests to run")) {
		g.t.Fatalf("%v: one has no test that is named %s\n%s", pkgs, run, out)
	}
}

var symbols = regexp.MustCompile(`("symbols": \[[^\]]*)\]`)

// TestEveryEnumTakesAnotherSymbol adds a symbol to each enum of the schemas: what indexes by an enum, or
// keeps a bit for each symbol, has room for it.
func TestEveryEnumTakesAnotherSymbol(t *testing.T) {
	g := grow(t)
	added := 0
	g.generate(func(schema string) string {
		added += len(symbols.FindAllString(schema, -1))
		return symbols.ReplaceAllString(schema, `$1, "brand_new"]`)
	})
	if added < 14 {
		t.Fatalf("%d enums have been found", added)
	}
	g.test("^TestEverySymbolIsTakenIn$", "./operators/patient")
}

// TestFifthChannel adds a channel the way that it is meant to be added: a branch of the schema with its
// symbol, fields that count its touchpoints, a row of the table of channels, an effect, what of it may be disclosed, and, each on its own, what the
// verifier and the oracle expect of it. Everything else must range over the table; tests that do so name
// whatever of these is forgotten.
func TestFifthChannel(t *testing.T) {
	g := grow(t)
	g.generate(func(schema string) string {
		schema = strings.Replace(schema, `"name": "Channel", "symbols": ["unknown", "web", "app", "call", "ehr"]`,
			`"name": "Channel", "symbols": ["unknown", "web", "app", "call", "ehr", "chat"]`, 1)
		ehr := regexp.MustCompile(`\{"name": "ehr_activity", "type": "double",.*`)
		schema = ehr.ReplaceAllString(schema, "$0\n"+`    {"name": "chat_activity", "type": "double", "default": 0, "doc": "Decayed count of chats."},`)
		return strings.Replace(schema, `
    ], "doc": "What happened, typed by channel."}`, `,
      {"type": "record", "name": "Chat", "doc": "A step of a chat with an agent.", "fields": [
        {"name": "event", "type": {"type": "enum", "name": "ChatEvent", "symbols": ["unknown", "opened", "given_up"], "default": "unknown"}, "default": "unknown", "doc": "What happened."},
        {"name": "reason", "type": "string", "default": "", "doc": "Contact reason, or empty."},
        {"name": "queue", "type": "string", "default": "", "doc": "Queue of agents, or empty."}
      ]}
    ], "doc": "What happened, typed by channel."}`, 1)
	})
	g.change("schemas/channels.go", func(text string) string {
		return strings.Replace(text, `Occasion: "news in the health record",
	},
`, `Occasion: "news in the health record",
	},
	{
		Channel: ChannelChat, Topic: "touchpoints.chat",
		Body: TouchpointBodyChat, Reason: func(b *TouchpointBody) string { return b.Chat.Reason },
		Activity: func(p *Persona) *float64 { return &p.ChatActivity }, ShardActivity: func(st *ShardState) *float64 { return &st.ChatActivity },
		OutOfOrderness: 5 * time.Second, IdleAfter: 10 * time.Second, ByPatient: true, Digital: true, Occasion: "in a chat",
	},
`, 1)
	})
	g.change("operators/observe/effect.go", func(text string) string {
		return strings.Replace(text, `	case schemas.TouchpointBodyEhr:
`, `	case schemas.TouchpointBodyChat:
		e := effect{event: int32(b.Chat.Event), reason: p.Names.Keep(b.Chat.Reason)}
		if b.Chat.Event == schemas.ChatEventGivenUp {
			e.failed(schemas.FailureKindChatbotFailed, 1, 1)
		}
		return e
	case schemas.TouchpointBodyEhr:
`, 1)
	})
	g.change("operators/identify/disclosure.go", func(text string) string {
		return strings.Replace(text, `	case schemas.TouchpointBodyEhr:
`, `	case schemas.TouchpointBodyChat:
		d.name(&b.Chat.Queue, "queue")
	case schemas.TouchpointBodyEhr:
`, 1)
	})
	g.change("internal/verify/disclosed.go", func(text string) string {
		return strings.Replace(text, `	case schemas.TouchpointBodyEhr:
`, `	case schemas.TouchpointBodyChat:
		names = append(names, &b.Chat.Queue)
	case schemas.TouchpointBodyEhr:
`, 1)
	})
	g.change("internal/verify/rows.go", func(text string) string {
		return strings.Replace(text, `	case schemas.TouchpointBodyEhr:
`, `	case schemas.TouchpointBodyChat:
		event, reason, call.Queue = t.Body.Chat.Event.String(), t.Body.Chat.Reason, t.Body.Chat.Queue
	case schemas.TouchpointBodyEhr:
`, 1)
	})
	g.change("internal/oracle/facts.go", func(text string) string {
		return strings.Replace(text, `	case schemas.TouchpointBodyEhr:
`, `	case schemas.TouchpointBodyChat:
		row.Event, row.Reason = t.Body.Chat.Event.String(), t.Body.Chat.Reason
	case schemas.TouchpointBodyEhr:
`, 1)
	})
	g.test("^(TestEveryChannel|TestEveryFieldOfEveryChannel|TestNoChannelDisclosesWords)", ".", "./schemas", "./internal/verify", "./internal/oracle")
}
