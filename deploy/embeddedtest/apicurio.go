package embeddedtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/attune-health/attune/deploy/process"
)

// apicurioVersion is what sites install today.
const apicurioVersion = "3.0.9"

// Apicurio2 is the version that many sites still run: its own API is another, and so are its serializers' defaults.
const Apicurio2 = "2.6.13.Final"

// ApicurioConfig says how the Apicurio schema registry runs. Unless Env says otherwise, it keeps schemas in memory.
type ApicurioConfig struct {
	// Dir holds its log.
	Dir string
	// Version of the registry; empty means 3.0.9.
	Version string
	// CacheDir keeps the program; empty means the user's cache directory.
	CacheDir string
	// Port to listen on; 0 takes a free one.
	Port int
	// Env has further settings as NAME=VALUE, such as APICURIO_STORAGE_KIND=kafkasql.
	Env []string
}

// Validate reports every problem of the configuration.
func (c *ApicurioConfig) Validate() error {
	if c.Dir == "" {
		return errors.New("apicurio: Dir is empty")
	}
	return nil
}

// Apicurio is a running Apicurio schema registry.
type Apicurio struct {
	cfg ApicurioConfig
	*process.Process
}

// StartApicurio starts the registry and returns when it answers. ctx bounds the start only.
func StartApicurio(ctx context.Context, cfg ApicurioConfig) (*Apicurio, error) {
	if err := errors.Join(cfg.Validate(), process.TakePorts(&cfg.Port)); err != nil {
		return nil, err
	}
	cfg.Version = cmp.Or(cfg.Version, apicurioVersion)
	name, app := "apicurio-registry"+strings.TrimPrefix("-"+cfg.Version, "-"+apicurioVersion), "io.apicurio:apicurio-registry-app:"+cfg.Version+":tar.gz:all"
	dir, err := artifact{
		name: name, recipe: app,
		make: func(ctx context.Context, dir string) error {
			return runIn(ctx, dir, "mvn", "-q", "-B", "-C", "dependency:unpack", "-Dartifact="+app, "-DoutputDirectory="+dir)
		},
	}.ensure(ctx, cfg.CacheDir)
	if err != nil {
		return nil, fmt.Errorf("start Apicurio: %w", err)
	}
	jars, err := filepath.Glob(filepath.Join(dir, "*-runner.jar"))
	if err != nil || len(jars) != 1 {
		return nil, fmt.Errorf("start Apicurio: found %d programs in %s", len(jars), dir)
	}
	classes, err := classArchive(ctx, cfg.CacheDir, name, app, func(ctx context.Context, option string) error {
		return startAndStopApicurio(ctx, jars[0], option)
	})
	if err != nil {
		return nil, fmt.Errorf("start Apicurio: %w", err)
	}
	return launchApicurio(ctx, cfg, jars[0], classes)
}

// startAndStopApicurio lets a registry of its own live for a moment, with an option of the virtual machine.
func startAndStopApicurio(ctx context.Context, jar, option string) error {
	dir, err := os.MkdirTemp("", "apicurio-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cfg := ApicurioConfig{Dir: dir}
	if err := process.TakePorts(&cfg.Port); err != nil {
		return err
	}
	registry, err := launchApicurio(ctx, cfg, jar, option)
	if err != nil {
		return err
	}
	return registry.Stop(ctx)
}

// launchApicurio starts the process and waits until it answers.
func launchApicurio(ctx context.Context, cfg ApicurioConfig, jar, classes string) (*Apicurio, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("start Apicurio: %w", err)
	}
	cmd := exec.Command("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", classes,
		"-Dquarkus.http.host=127.0.0.1", fmt.Sprintf("-Dquarkus.http.port=%d", cfg.Port), "-jar", jar)
	cmd.Env = append(os.Environ(), cfg.Env...)
	child, err := process.Start(process.Config{Cmd: cmd, Log: filepath.Join(cfg.Dir, "apicurio.log")})
	if err != nil {
		return nil, fmt.Errorf("start Apicurio: %w", err)
	}
	registry := &Apicurio{cfg: cfg, Process: child}
	if err := registry.waitReady(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start Apicurio: %w; %s", err, registry.LogEnd()), registry.Kill())
	}
	return registry, nil
}

func (r *Apicurio) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	client := &http.Client{Timeout: 5 * time.Second}
	defer client.CloseIdleConnections()
	return process.Poll(ctx, 100*time.Millisecond, func() (bool, error) {
		if ended, err := r.Ended(); ended {
			return true, fmt.Errorf("registry ended: %w", err)
		}
		resp, err := client.Get(r.URL() + "/subjects")
		if err != nil {
			return false, nil
		}
		return resp.StatusCode == http.StatusOK, resp.Body.Close()
	})
}

// BaseURL is the registry's address, below which its own API and the Confluent one are.
func (r *Apicurio) BaseURL() string { return "http://" + process.Loopback(r.cfg.Port) }

// OwnURL is the address of its own API.
func (r *Apicurio) OwnURL() string {
	if strings.HasPrefix(r.cfg.Version, "2.") {
		return r.BaseURL() + "/apis/registry/v2"
	}
	return r.BaseURL() + "/apis/registry/v3"
}

// URL is the address of the Confluent-compatible API.
func (r *Apicurio) URL() string { return r.BaseURL() + "/apis/ccompat/v7" }
