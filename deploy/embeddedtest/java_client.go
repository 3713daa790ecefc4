package embeddedtest

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

//go:embed javaclient/pom.xml
var javaClientPOM string

//go:embed javaclient/Client.java
var javaClientSource string

// JavaClient is a program that a stranger could have written: the ordinary Java producer and consumer, with
// Apicurio's Avro serializers. It shares no code with us.
type JavaClient struct {
	dir      string
	brokers  string
	registry string
}

// NewJavaClient compiles the program, once, for these brokers and this registry.
func NewJavaClient(ctx context.Context, cacheDir, brokers string, registry *Apicurio) (*JavaClient, error) {
	dir, err := artifact{name: "java-client", recipe: javaClientPOM + javaClientSource, make: compileJavaClient}.ensure(ctx, cacheDir)
	if err != nil {
		return nil, fmt.Errorf("java client: %w", err)
	}
	return &JavaClient{dir: dir, brokers: brokers, registry: registry.BaseURL()}, nil
}

func compileJavaClient(ctx context.Context, dir string) error {
	if err := copyJars(ctx, javaClientPOM, filepath.Join(dir, "lib")); err != nil {
		return err
	}
	source := filepath.Join(dir, "Client.java")
	if err := os.WriteFile(source, []byte(javaClientSource), 0o600); err != nil {
		return err
	}
	return run(ctx, "javac", "-cp", filepath.Join(dir, "lib", "*"), "-d", dir, source)
}

// Produce writes values, one Avro JSON text a line, to a topic: null keys, so the default partitioner spreads them;
// no headers; the schema registered by the serializer as TOPIC-value.
func (c *JavaClient) Produce(ctx context.Context, topic, schemaFile string, lines io.Reader) (int, error) {
	out, err := c.run(ctx, lines, "produce", c.brokers, c.registry, topic, schemaFile)
	if err != nil {
		return 0, fmt.Errorf("java produce to %s: %w", topic, err)
	}
	var answer struct {
		Produced int `json:"produced"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return 0, fmt.Errorf("java produce to %s said %q: %w", topic, out, err)
	}
	return answer.Produced, nil
}

// JavaRecord is a record as the Java consumer saw it.
type JavaRecord struct {
	Partition int32             `json:"partition"`
	Offset    int64             `json:"offset"`
	Timestamp int64             `json:"timestamp"`
	Key       []byte            `json:"key"`
	Headers   map[string]string `json:"headers"`
	// Value is in Avro's JSON encoding; nil for a tombstone.
	Value json.RawMessage `json:"value"`
}

// Consume reads committed records of all partitions from the beginning, until there were n or patience ran out.
func (c *JavaClient) Consume(ctx context.Context, topic string, n int, patience time.Duration) ([]JavaRecord, error) {
	seconds := strconv.Itoa(int(patience.Round(time.Second) / time.Second))
	out, err := c.run(ctx, nil, "consume", c.brokers, c.registry, topic, strconv.Itoa(n), seconds)
	if err != nil {
		return nil, fmt.Errorf("java consume from %s: %w", topic, err)
	}
	var records []JavaRecord
	decoder := json.NewDecoder(bufio.NewReader(bytes.NewReader(out)))
	for {
		var record JavaRecord
		err := decoder.Decode(&record)
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return nil, fmt.Errorf("java consume from %s: %w", topic, err)
		}
		records = append(records, record)
	}
}

func (c *JavaClient) run(ctx context.Context, input io.Reader, args ...string) ([]byte, error) {
	var out, problems bytes.Buffer
	classpath := c.dir + string(os.PathListSeparator) + filepath.Join(c.dir, "lib", "*")
	cmd := exec.CommandContext(ctx, "java", append([]string{"-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", classpath, "Client"}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, &out, &problems
	cmd.WaitDelay = 2 * time.Second
	if err := cmd.Run(); err != nil {
		const enough = 2000
		return nil, fmt.Errorf("%w: %s", err, problems.Bytes()[:min(problems.Len(), enough)])
	}
	return out.Bytes(), nil
}
