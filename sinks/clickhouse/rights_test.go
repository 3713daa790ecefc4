package clickhouse

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/schemas"
)

// usersOfASite are users as sites make them: an analyst who may read some views, and a writer whose server fixes a setting.
const usersOfASite = `<clickhouse>
  <profiles>
    <fixed><max_partitions_per_insert_block>50</max_partitions_per_insert_block>
      <constraints><max_partitions_per_insert_block><const/></max_partitions_per_insert_block></constraints></fixed>
    <reading><readonly>1</readonly></reading>
  </profiles>
  <users>
    <analyst><password>a</password><networks><ip>127.0.0.1</ip></networks><profile>reading</profile><quota>default</quota>
      <grants><query>GRANT SELECT ON attune.contacts</query><query>GRANT SELECT ON attune.contacts_by_reason</query><query>GRANT SELECT ON attune.journey_of</query></grants></analyst>
    <writer><password>w</password><networks><ip>127.0.0.1</ip></networks><profile>fixed</profile><quota>default</quota>
      <grants><query>GRANT ALL ON *.*</query></grants></writer>
    <reader><password>r</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
      <grants><query>GRANT SELECT ON attune.*</query><query>GRANT SELECT ON system.*</query></grants></reader>
  </users>
</clickhouse>`

func siteServer(t *testing.T) *embedded.ClickHouse {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "users.d"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "users.d", "site.xml"), []byte(usersOfASite), 0o600); err != nil {
		t.Fatal(err)
	}
	server, err := embedded.StartClickHouse(testContext(t), embedded.ClickHouseConfig{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Kill() })
	return server
}

// TestRightsAndFixedSettings goes through what a server that is somebody else's allows: one server for all of it.
func TestRightsAndFixedSettings(t *testing.T) {
	server := siteServer(t)
	as := func(user, password string) Config {
		cfg := testConfig(server.NativeAddr())
		cfg.Database, cfg.Username, cfg.Password = "attune", user, password
		return cfg
	}

	t.Run("a setting is fixed", func(t *testing.T) {
		r := newRig(t, server.NativeAddr())
		r.cfg = as("writer", "w")
		var notes []string
		r.cfg.Events.Noted = func(text string) { notes = append(notes, text) }
		r.put(schemas.TopicIdentified, "k", busyTouchpoint(1))
		r.send()
		_, stop := r.start()
		r.await(r.client(), 1, allTouchpoints)
		stop()
		if len(notes) != 1 || !strings.Contains(notes[0], "max_partitions_per_insert_block, which is 50 and should be 0") {
			t.Errorf("notes: %q", notes)
		}
	})
	t.Run("who may not insert", func(t *testing.T) {
		err := openClient(t, as("reader", "r")).Check(testContext(t))
		if err == nil || !strings.Contains(err.Error(), "may not insert into attune.touchpoints: GRANT INSERT, SELECT ON attune.* TO it") {
			t.Errorf("check says %v", err)
		}
	})
	read := func(cfg Config) error {
		c, err := OpenInside(testContext(t), cfg)
		if err != nil {
			return err
		}
		defer c.Close()
		var out bytes.Buffer
		_, err = c.Query(testContext(t), "SELECT count() FROM contacts", &out, FormatJSON)
		return err
	}
	t.Run("views without the tables", func(t *testing.T) {
		if err := read(as("analyst", "a")); err == nil || !strings.Contains(err.Error(), "privilege") {
			t.Errorf("with the analyst's own rights: %v", err)
		}
		definer := as("writer", "w")
		definer.ViewsDefiner = "writer"
		if err := openClient(t, definer).Apply(testContext(t)); err != nil {
			t.Fatal(err)
		}
		if err := read(as("analyst", "a")); err != nil {
			t.Errorf("with the definer's: %v", err)
		}
		c := openClient(t, as("analyst", "a"))
		if err := c.Exec(testContext(t), "SELECT count() FROM attune.journey_of(person_ref = 'p') FORMAT Null"); err != nil {
			t.Errorf("a view with a parameter, with the definer's: %v", err)
		}
		if err := c.Exec(testContext(t), "SELECT count() FROM attune.touchpoints FORMAT Null"); err == nil {
			t.Error("the analyst reads tables, too")
		}
	})
	t.Run("wrong password, over HTTP", func(t *testing.T) {
		cfg := as("analyst", "guess")
		cfg.DSN = "http://analyst:guess@" + server.HTTPAddr() + "/attune"
		if err := read(cfg); err == nil || !strings.Contains(err.Error(), `user "analyst" is not let in`) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("read only, over HTTP", func(t *testing.T) {
		cfg := as("analyst", "a")
		cfg.DSN = "http://analyst:a@" + server.HTTPAddr() + "/attune"
		if err := read(cfg); err != nil {
			t.Error(err)
		}
	})
}

// TestPasswordIsRotatedThenTheSinkReadsItAnew starts the server again with another password, which the sink finds where
// it found the first one.
func TestPasswordIsRotatedThenTheSinkReadsItAnew(t *testing.T) {
	own := embedded.ClickHouseConfig{Dir: t.TempDir(), User: "app", Password: "first"}
	server, err := embedded.StartClickHouse(testContext(t), own)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Kill() })
	r := newRig(t, server.NativeAddr())
	r.cfg.Username, r.cfg.Password = "app", "first"
	var mu sync.Mutex
	password, refused := "first", make(chan struct{}, 1000)
	r.cfg.Login = func() (Login, error) {
		mu.Lock()
		defer mu.Unlock()
		return Login{Username: "app", Password: password}, nil
	}
	r.cfg.Events.InsertFailed = func(_ string, _ int, err error) {
		if strings.Contains(err.Error(), "first") || strings.Contains(err.Error(), "second") {
			t.Errorf("the password is told: %v", err)
		}
		if strings.Contains(err.Error(), `user "app" is not let in`) {
			refused <- struct{}{}
		}
	}
	r.put(schemas.TopicIdentified, "k", busyTouchpoint(1))
	r.send()
	_, stop := r.start()
	r.await(r.client(), 1, allTouchpoints)

	own.NativePort, own.HTTPPort, own.Password = server.Config().NativePort, server.Config().HTTPPort, "second"
	if err := server.Stop(r.ctx); err != nil {
		t.Fatal(err)
	}
	if server, err = embedded.StartClickHouse(r.ctx, own); err != nil {
		t.Fatal(err)
	}
	r.put(schemas.TopicIdentified, "k", busyTouchpoint(2))
	r.send()
	<-refused
	mu.Lock()
	password = "second"
	mu.Unlock()
	r.cfg.Password = "second"
	r.await(r.client(), 2, allTouchpoints)
	stop()
}
