package main

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/attune-health/attune/deploy/process"
)

// TestServersAreNotUpYetThenAStartWaitsForThem: Kafka, ClickHouse and attune are started at the same time, as after a failure
// of power.
func TestServersAreNotUpYetThenAStartWaitsForThem(t *testing.T) {
	t.Parallel()
	listen := "telemetry: {listen: '127.0.0.1:0'}\n"
	for name, tt := range map[string]struct {
		role   string
		server func(p *plant) string
	}{
		"Kafka":      {"run", func(p *plant) string { return p.parts.Broker.Addr() }},
		"ClickHouse": {"sink", func(p *plant) string { return p.parts.ClickHouse.NativeAddr() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlant(t, listen)
			port := 0
			if err := process.TakePorts(&port); err != nil {
				t.Fatal(err)
			}
			address, server := process.Loopback(port), tt.server(p)
			writeFile(t, p.config, strings.Replace(p.text(listen), server, address, 1))
			starting := start(t, tt.role, "--config", p.config)
			starting.says(t, name+" does not answer yet")
			inFront(t, address, server)
			starting.says(t, "assigned")
			starting.stop(t)
		})
	}
}

// inFront passes what comes to an address on to a server.
func inFront(t *testing.T, address, server string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			outer, err := l.Accept()
			if err != nil {
				return
			}
			inner, err := net.Dial("tcp", server)
			if err != nil {
				_ = outer.Close()
				continue
			}
			go func() { _, _ = io.Copy(inner, outer); _ = inner.Close() }()
			go func() { _, _ = io.Copy(outer, inner); _ = outer.Close() }()
		}
	}()
}
