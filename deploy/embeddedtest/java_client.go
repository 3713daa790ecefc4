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
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed javaclient/pom.xml
var javaClientPOM string

//go:embed javaclient/Client.java
var javaClientSource string

// JavaClient is a program that a stranger could have written: the ordinary Java producer and consumer, with
// Apicurio's Avro serializers. It shares no code with us.
type JavaClient struct {
	// options are the virtual machine's.
	options  []string
	brokers  string
	registry string
}

// NewJavaClient compiles the program, once, for these brokers and this registry: with the serializers of its version.
func NewJavaClient(ctx context.Context, cacheDir, brokers string, registry *Apicurio) (*JavaClient, error) {
	name, pom := "java-client", javaClientPOM
	if registry.cfg.Version == Apicurio2 {
		const serde = "<artifactId>apicurio-registry-avro-serde-kafka</artifactId>\n      <version>3.1.7</version>"
		name, pom = "java-client-2", strings.Replace(pom, serde, "<artifactId>apicurio-registry-serdes-avro-serde</artifactId><version>"+Apicurio2+"</version>", 1)
	}
	recipe := pom + javaClientSource
	jars, err := artifact{
		name: name + "-jars", recipe: recipe,
		make: func(ctx context.Context, dir string) error { return compileJavaClient(ctx, pom, dir) },
	}.ensure(ctx, cacheDir)
	if err != nil {
		return nil, fmt.Errorf("java client: %w", err)
	}
	c := &JavaClient{brokers: brokers, registry: registry.OwnURL()}
	// What the virtual machine says of archives would stand among the answers.
	c.options = []string{"-Xlog:disable", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", filepath.Join(jars, "*")}
	classes, err := classArchive(ctx, cacheDir, name, recipe, c.produceNothing)
	if err != nil {
		return nil, fmt.Errorf("java client: %w", err)
	}
	c.options = append(c.options, classes)
	return c, nil
}

// produceNothing loads the classes of a producer, with an option of the virtual machine.
func (c *JavaClient) produceNothing(ctx context.Context, option string) error {
	dir, err := os.MkdirTemp("", "java-client-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	schema := filepath.Join(dir, "schema.avsc")
	if err := os.WriteFile(schema, []byte(`"string"`), 0o600); err != nil {
		return err
	}
	nobody := &JavaClient{options: append(slices.Clone(c.options), option), brokers: "127.0.0.1:1", registry: "http://127.0.0.1:1"}
	_, err = nobody.Produce(ctx, "nothing", schema, strings.NewReader(""))
	return err
}

func compileJavaClient(ctx context.Context, pom, dir string) error {
	if err := copyJars(ctx, pom, dir); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "java-client-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	source, classes := filepath.Join(work, "Client.java"), filepath.Join(work, "classes")
	if err := os.WriteFile(source, []byte(javaClientSource), 0o600); err != nil {
		return err
	}
	if err := run(ctx, "javac", "-cp", filepath.Join(dir, "*"), "-d", classes, source); err != nil {
		return err
	}
	// An archive of classes wants jars, not directories.
	return run(ctx, "jar", "--create", "--file", filepath.Join(dir, "client.jar"), "-C", classes, ".")
}

// Produce writes values, one Avro JSON text a line, to a topic: null keys, so the default partitioner spreads them;
// no headers; the schema registered by the serializer as TOPIC-value. More are settings of the serializer, each as
// name=value.
func (c *JavaClient) Produce(ctx context.Context, topic, schemaFile string, lines io.Reader, more ...string) (int, error) {
	out, err := c.run(ctx, lines, append([]string{"produce", c.brokers, c.registry, topic, schemaFile}, more...)...)
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
	cmd := exec.CommandContext(ctx, "java", slices.Concat(c.options, []string{"Client"}, args)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, &out, &problems
	cmd.WaitDelay = 2 * time.Second
	if err := cmd.Run(); err != nil {
		const enough = 2000
		return nil, fmt.Errorf("%w: %s", err, problems.Bytes()[:min(problems.Len(), enough)])
	}
	return out.Bytes(), nil
}
