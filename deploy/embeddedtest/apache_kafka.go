package embeddedtest

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/deploy/process"
)

// startPatience bounds the wait for a Java server: two to five seconds on a quiet machine, forty on a busy one. A
// server that dies is noticed at once.
const startPatience = 2 * time.Minute

// DefaultVersion is the newest Apache Kafka whose transactions outlive a broker that holds the only copy. 4.3.0, 4.3.1 and
// 4.4.0 take a partition without a leader for a deleted one (KAFKA-20734, KRaftMetadataCache.getPartitionLeaderEndpoint): a
// broker that is started again at once has a moment between learning that it leads nothing and giving up its transactions, in
// which it completes those that were to be committed without a marker in any partition.
const DefaultVersion = "4.2.2"

// ApacheConfig says how an Apache Kafka broker runs: broker and controller in one process, alone unless
// StartApacheCluster starts several.
type ApacheConfig struct {
	// Dir holds the broker's data, and may have data of an earlier run.
	Dir string
	// CacheDir keeps the jars; empty means the user's cache directory.
	CacheDir string
	// Version of Apache Kafka; empty means DefaultVersion.
	Version string
	// Port to listen on without TLS or SASL; 0 takes a free one.
	Port int
	// Advertised is the address to which clients of Port are directed, if it is not Port: that of a proxy. Brokers
	// among themselves, and clients of DirectAddr, then use a listener of their own.
	Advertised string
	// Lost adds a listener, LostAddr, whose clients are directed to this address, where nobody is.
	Lost string
	// Secure adds three listeners on free ports: SASL, TLS, and both; see Apache.
	Secure bool
	// User and Password log in on the listeners with SASL, by PLAIN and by SCRAM-SHA-512. Empty with Secure means "alice" and "alice-secret".
	User, Password string
	// IAMRegion makes the listener with SASL and without TLS take, for tokens of OAUTHBEARER, what Amazon MSK takes in that
	// region, whoever has signed it. Sessions live for three seconds. It needs Secure.
	IAMRegion string
	// Config has further broker settings, which win over ours.
	Config map[string]string
	// Heap is the size of Java's heap; empty means 768m.
	Heap string
	// Java has further options of the virtual machine, which win over ours. Brokers of tests live for seconds, so
	// ours compile quickly (-XX:TieredStopAtLevel=1), which halves the processor time of a broker.
	Java []string

	controllerPort int
	directPort     int
	lostPort       int
	secure         securePorts
	member         member
}

func (c *ApacheConfig) setDefaults(ctx context.Context) error {
	if c.Version == "" {
		c.Version = DefaultVersion
	}
	if c.Heap == "" {
		c.Heap = "768m"
	}
	if c.Secure && c.User == "" {
		c.User, c.Password = "alice", "alice-secret"
	}
	ports := []*int{&c.Port, &c.controllerPort}
	if c.Advertised != "" {
		ports = append(ports, &c.directPort)
	}
	if c.Lost != "" {
		ports = append(ports, &c.lostPort)
	}
	if c.Secure {
		ports = append(ports, &c.secure.sasl, &c.secure.tls, &c.secure.saslTLS)
	}
	return process.TakePorts(ports...)
}

// Validate reports every problem of the configuration.
func (c *ApacheConfig) Validate() error {
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("apache kafka: Dir is empty"))
	}
	if strings.ContainsAny(c.User+c.Password, "\"\\\n ,[]=;") {
		errs = append(errs, errors.New("apache kafka: user and password must not have quotes, backslashes, spaces or any of ,[]=;"))
	}
	return errors.Join(errs...)
}

// Apache is a running Apache Kafka broker.
type Apache struct {
	cfg  ApacheConfig
	jars string
	// What stands behind the jars in the class path, with a colon before it; or nothing.
	own string
	// classes is an option of the virtual machine: see classArchive.
	classes string
	*process.Process
}

// StartApacheKafka starts a broker, and returns when it is a member of its cluster. ctx bounds only the start.
// After Kill or Stop the same directory can be started again.
func StartApacheKafka(ctx context.Context, cfg ApacheConfig) (*Apache, error) {
	if err := errors.Join(cfg.Validate(), cfg.setDefaults(ctx)); err != nil {
		return nil, err
	}
	alone, err := newMembers([]*ApacheConfig{&cfg})
	if err != nil {
		return nil, fmt.Errorf("start Apache Kafka: %w", err)
	}
	cfg.member = alone[0]
	return startApache(ctx, cfg)
}

func startApache(ctx context.Context, cfg ApacheConfig) (*Apache, error) {
	pom := strings.ReplaceAll(apachePOM, "VERSION", cfg.Version)
	jars, err := artifact{
		name: "apache-kafka-" + cfg.Version, recipe: pom,
		make: func(ctx context.Context, dir string) error { return copyJars(ctx, pom, dir) },
	}.ensure(ctx, cfg.CacheDir)
	if err != nil {
		return nil, fmt.Errorf("start Apache Kafka: %w", err)
	}
	classes, err := classArchive(ctx, cfg.CacheDir, "apache-kafka-"+cfg.Version, pom, func(ctx context.Context, option string) error {
		return startAndStop(ctx, jars, option)
	})
	if err != nil {
		return nil, fmt.Errorf("start Apache Kafka: %w", err)
	}
	apache := &Apache{cfg: cfg, jars: jars, classes: classes}
	if cfg.IAMRegion != "" {
		if apache.own, err = iamValidator(ctx, cfg.CacheDir, jars); err != nil {
			return nil, fmt.Errorf("start Apache Kafka: %w", err)
		}
	}
	if err := apache.format(ctx); err != nil {
		return nil, fmt.Errorf("start Apache Kafka: %w", err)
	}
	if err := apache.launch(ctx); err != nil {
		return nil, fmt.Errorf("start Apache Kafka: %w", err)
	}
	return apache, nil
}

// startAndStop lets a broker of its own live for a moment, with an option of the virtual machine.
func startAndStop(ctx context.Context, jars, option string) error {
	dir, err := os.MkdirTemp("", "kafka-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cfg := ApacheConfig{Dir: dir}
	if err := cfg.setDefaults(ctx); err != nil {
		return err
	}
	alone, err := newMembers([]*ApacheConfig{&cfg})
	if err != nil {
		return err
	}
	cfg.member = alone[0]
	broker := &Apache{cfg: cfg, jars: jars, classes: "-Xshare:auto"}
	if err := broker.format(ctx); err != nil {
		return err
	}
	broker.classes = option
	if err := broker.launch(ctx); err != nil {
		return err
	}
	return broker.Stop(ctx)
}

//go:embed apache/pom.xml
var apachePOM string

// format prepares the data directory, once, and the files that the settings name.
func (a *Apache) format(ctx context.Context) error {
	if err := os.MkdirAll(a.cfg.Dir, 0o700); err != nil {
		return err
	}
	if a.cfg.Secure {
		if err := WriteCertificates(a.cfg.Dir); err != nil {
			return err
		}
	}
	if err := os.WriteFile(a.path("server.properties"), []byte(a.properties()), 0o600); err != nil {
		return err
	}
	if _, err := os.Stat(a.path("data/meta.properties")); err == nil {
		return nil
	}
	args := []string{"-XX:TieredStopAtLevel=1", a.classes, "-cp", a.jars + "/*", "kafka.tools.StorageTool", "format",
		"-t", a.cfg.member.cluster, "-c", a.path("server.properties")}
	if a.cfg.Secure {
		args = append(args, "--add-scram", fmt.Sprintf("SCRAM-SHA-512=[name=%s,password=%s]", a.cfg.User, a.cfg.Password))
	}
	return run(ctx, "java", args...)
}

// launch starts the process and waits until it is ready.
func (a *Apache) launch(ctx context.Context) error {
	args := append([]string{"-Xmx" + a.cfg.Heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", a.classes, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"}, a.cfg.Java...)
	cmd := exec.Command("java", append(args, "-cp", a.jars+"/*"+a.own, "kafka.Kafka", a.path("server.properties"))...)
	var err error
	a.Process, err = process.Start(process.Config{Cmd: cmd, Log: a.path("broker.log")})
	if err != nil {
		return err
	}
	if err := a.waitReady(ctx); err != nil {
		return errors.Join(err, a.Kill())
	}
	return nil
}

// waitReady returns when the broker is a member of its cluster: after a kill it listens before it is one.
func (a *Apache) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(a.DirectAddr()), kgo.RequestRetries(0))
	if err != nil {
		return err
	}
	defer client.Close()
	err = process.Poll(ctx, 50*time.Millisecond, func() (bool, error) {
		if ended, err := a.Ended(); ended {
			return true, fmt.Errorf("broker ended: %w", err)
		}
		request := kmsg.NewPtrMetadataRequest()
		request.Topics = []kmsg.MetadataRequestTopic{}
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		answer, err := request.RequestWith(attempt, client)
		return err == nil && slices.ContainsFunc(answer.Brokers, func(b kmsg.MetadataResponseBroker) bool { return int(b.NodeID) == a.cfg.member.node }), nil
	})
	if err != nil {
		return fmt.Errorf("wait for broker: %w; %s", err, a.LogEnd())
	}
	return nil
}

// Restart starts a broker that has ended, with the same data and addresses.
func (a *Apache) Restart(ctx context.Context) error {
	if ended, _ := a.Ended(); !ended {
		return errors.New("restart Apache Kafka: it is still running")
	}
	if err := a.launch(ctx); err != nil {
		return fmt.Errorf("restart Apache Kafka: %w", err)
	}
	return nil
}

// Addr is the address without TLS and SASL.
func (a *Apache) Addr() string { return process.Loopback(a.cfg.Port) }

// DirectAddr is the address that leads past a proxy; Addr if there is none.
func (a *Apache) DirectAddr() string {
	if a.cfg.Advertised == "" {
		return a.Addr()
	}
	return process.Loopback(a.cfg.directPort)
}

func (a *Apache) path(name string) string { return filepath.Join(a.cfg.Dir, name) }
