package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/roles"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// guarded is Apache Kafka that allows alice nothing but what ACLs say.
type guarded struct {
	*siteRig
	t *testing.T
	// alices is the configuration file of alice; that of the administrator is the rig's own.
	alices string
}

func newGuarded(t *testing.T) *guarded {
	t.Helper()
	embeddedtest.RequireJava(t)
	broker, err := embeddedtest.StartApacheKafka(t.Context(), embeddedtest.ApacheConfig{Dir: t.TempDir(), Secure: true, Config: map[string]string{
		"authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer", "super.users": "User:ANONYMOUS"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, broker.Kill()) })
	c, dir := config.Default(), t.TempDir()
	c.Kafka.Brokers, c.Registry.URL = []string{broker.Addr()}, newRegistry(t).URL()
	g := &guarded{t: t, siteRig: &siteRig{rig: &rig{config: c, dir: dir}, file: filepath.Join(dir, "admin.yaml")}, alices: filepath.Join(dir, "alice.yaml")}
	user, password := broker.User()
	login := fmt.Sprintf(", sasl: {mechanism: PLAIN, username: %s, password: %s}", user, password)
	for file, kafka := range map[string]string{g.file: fmt.Sprintf("brokers: [%q]", broker.Addr()), g.alices: fmt.Sprintf("brokers: [%q]%s", broker.SASLAddr(), login)} {
		check(t, os.WriteFile(file, fmt.Appendf(nil, "kafka: {%s}\nregistry: {url: %q, cache_dir: %q}\nrun: {identity_key: \"a key that only tests use\"}\n", kafka, c.Registry.URL, filepath.Join(dir, "schemas")), 0o600))
	}
	must(t, "topics", "create", "--config", g.file, "--partitions", "1", "--replication", "1")
	must(t, "schemas", "register", "--config", g.file)
	g.cluster, err = connect.Kafka(t.Context(), &c)
	check(t, err)
	t.Cleanup(func() { g.cluster.Close() })
	registry, err := connect.Registry(&c)
	check(t, err)
	g.ids, err = registry.IDs(t.Context())
	check(t, err)
	g.client, err = kgo.NewClient(kgo.SeedBrokers(broker.Addr()))
	check(t, err)
	t.Cleanup(g.client.Close)
	return g
}

// kinds are the resources and operations in the client's words.
var (
	kindsOfACL      = map[string]kmsg.ACLResourceType{"topic": kmsg.ACLResourceTypeTopic, "group": kmsg.ACLResourceTypeGroup, "transactional-id": kmsg.ACLResourceTypeTransactionalId}
	operationsOfACL = map[kafka.Operation]kmsg.ACLOperation{kafka.OperationRead: kmsg.ACLOperationRead, kafka.OperationWrite: kmsg.ACLOperationWrite,
		kafka.OperationDescribe: kmsg.ACLOperationDescribe, kafka.OperationDescribeConfigs: kmsg.ACLOperationDescribeConfigs}
)

func patternOf(r roles.Right) kmsg.ACLResourcePatternType {
	if r.Resource == "transactional-id" {
		return kmsg.ACLResourcePatternTypePrefixed
	}
	return kmsg.ACLResourcePatternTypeLiteral
}

// allow gives alice rights.
func (g *guarded) allow(rights ...roles.Right) {
	g.t.Helper()
	rq := kmsg.NewPtrCreateACLsRequest()
	for _, r := range rights {
		for _, o := range r.Operations {
			c := kmsg.NewCreateACLsRequestCreation()
			c.ResourceType, c.ResourceName, c.ResourcePatternType = kindsOfACL[r.Resource], r.Name, patternOf(r)
			c.Principal, c.Host, c.Operation, c.PermissionType = "User:alice", "*", operationsOfACL[o], kmsg.ACLPermissionTypeAllow
			rq.Creations = append(rq.Creations, c)
		}
	}
	rs, err := rq.RequestWith(g.t.Context(), g.client)
	if err != nil {
		g.t.Fatal(err)
	}
	for _, r := range rs.Results {
		if r.ErrorCode != 0 {
			g.t.Fatalf("create ACL: %d", r.ErrorCode)
		}
	}
}

// revoke takes alice's rights on a resource.
func (g *guarded) revoke(r roles.Right) {
	g.t.Helper()
	rq := kmsg.NewPtrDeleteACLsRequest()
	f := kmsg.NewDeleteACLsRequestFilter()
	f.ResourceType, f.ResourceName, f.ResourcePatternType = kindsOfACL[r.Resource], &r.Name, patternOf(r)
	f.Operation, f.PermissionType = kmsg.ACLOperationAny, kmsg.ACLPermissionTypeAny
	rq.Filters = append(rq.Filters, f)
	if _, err := rq.RequestWith(g.t.Context(), g.client); err != nil {
		g.t.Fatal(err)
	}
}

// missing are the lines in which doctor says what alice is not allowed.
func (g *guarded) missing(role string) (lines []string) {
	g.t.Helper()
	s := try(g.t, "doctor", "--config", g.alices, "--role", role)
	for line := range strings.Lines(s.stdout) {
		if strings.Contains(line, "must be allowed to") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// TestDoctorNamesEachRightThatIsMissingAndNoOtherIsNeeded gives a user what docs/acls.md has for the processor, one
// resource each, which is enough to run, and then takes single operations away.
func TestDoctorNamesEachRightThatIsMissingAndNoOtherIsNeeded(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	need, err := roles.Rights(t.Context(), &g.config, "run")
	check(t, err)
	if got := g.missing("run"); len(got) != len(need) {
		t.Fatalf("with nothing allowed %d resources are named, want %d: %q", len(got), len(need), got)
	}
	g.allow(need...)
	await(t, time.Minute, "nothing is missing", func() bool { return len(g.missing("run")) == 0 })

	run := start(t, "run", "--config", g.alices)
	run.says(t, "msg=assigned")
	g.view(t, "with-all", time.Now(), time.Now())
	await(t, time.Minute, "the view is taken", func() bool { return g.records(t, schemas.TopicPersonas) == 1 })
	run.stop(t)

	for _, x := range []struct {
		resource, name string
		without        kafka.Operation
		want           string
	}{
		{"topic", schemas.TopicTouchpointsWeb, kafka.OperationRead, "--operation Read --topic touchpoints.web"},
		{"topic", schemas.TopicActions, kafka.OperationWrite, "--operation Write --topic next-best-actions"},
		{"topic", schemas.TopicModels, kafka.OperationDescribeConfigs, "--operation DescribeConfigs --topic models"},
		{"group", "attune", kafka.OperationRead, "--operation Read --group attune"},
		{"transactional-id", "attune-", kafka.OperationWrite, "--operation Write --operation Describe --transactional-id attune- --resource-pattern-type prefixed"},
	} {
		i := slices.IndexFunc(need, func(r roles.Right) bool { return r.Resource == x.resource && r.Name == x.name })
		rest := need[i]
		rest.Operations = slices.DeleteFunc(slices.Clone(rest.Operations), func(o kafka.Operation) bool { return o == x.without })
		g.revoke(need[i])
		g.allow(rest)
		var got []string
		await(t, time.Minute, "doctor misses one right", func() bool { got = g.missing("run"); return len(got) == 1 && strings.Contains(got[0], x.want) })
		if s := try(t, "doctor", "--config", g.alices, "--role", "run"); s.code != exit.CodeFailed {
			t.Errorf("%s: exit code %d", x.want, s.code)
		}
		g.allow(need[i])
		await(t, time.Minute, "nothing is missing again", func() bool { return len(g.missing("run")) == 0 })
	}
}
