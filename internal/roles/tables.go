package roles

import (
	"context"
	"sync"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/sinks/clickhouse"
	"github.com/attune-health/attune/sinks/desk"
)

// tables asks ClickHouse for a desk's boards. It connects when it is first asked, and again where that failed: a desk shows
// calls, whether there is a ClickHouse or not.
type tables struct {
	config *config.Config

	mu     sync.Mutex
	client *clickhouse.Client
}

func (t *tables) ask(ctx context.Context, sql string, most int) (*desk.Insight, error) {
	client, err := t.connect(ctx)
	if err != nil {
		return nil, err
	}
	a, err := client.Ask(ctx, sql, most)
	if err != nil {
		return nil, err
	}
	return &desk.Insight{Columns: a.Columns, Rows: a.Rows, More: a.More}, nil
}

func (t *tables) connect(ctx context.Context) (*clickhouse.Client, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.client != nil {
		return t.client, nil
	}
	cfg, err := t.config.SinkConfig()
	if err != nil {
		return nil, err
	}
	cfg.SetDefaults()
	client, err := clickhouse.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	t.client = client
	return client, nil
}

// close ends the connection, if there is one. It may be nil.
func (t *tables) close() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.client == nil {
		return nil
	}
	return t.client.Close()
}
