package main

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/attune-health/attune/deploy/process"
)

// TestBrokersAreNotUpYetThenAStartWaitsForThem: brokers and attune are started at the same time, as after a failure of power.
func TestBrokersAreNotUpYetThenAStartWaitsForThem(t *testing.T) {
	t.Parallel()
	listen := "telemetry: {listen: '127.0.0.1:0'}\n"
	p := newPlant(t, listen)
	port := 0
	if err := process.TakePorts(&port); err != nil {
		t.Fatal(err)
	}
	address := process.Loopback(port)
	writeFile(t, p.config, strings.Replace(p.text(listen), p.parts.Broker.Addr(), address, 1))
	run := start(t, "run", "--config", p.config)
	run.says(t, "Kafka does not answer yet")
	inFront(t, address, p.parts.Broker.Addr())
	run.says(t, "assigned")
	run.stop(t)
}

// TestClickHouseIsNotUpYetThenTheSinkWaitsForIt is the same for the sink.
func TestClickHouseIsNotUpYetThenTheSinkWaitsForIt(t *testing.T) {
	t.Parallel()
	listen := "telemetry: {listen: '127.0.0.1:0'}\n"
	p := newPlant(t, listen)
	port := 0
	if err := process.TakePorts(&port); err != nil {
		t.Fatal(err)
	}
	address := process.Loopback(port)
	writeFile(t, p.config, strings.Replace(p.text(listen), p.parts.ClickHouse.NativeAddr(), address, 1))
	sink := start(t, "sink", "--config", p.config)
	sink.says(t, "ClickHouse does not answer yet")
	inFront(t, address, p.parts.ClickHouse.NativeAddr())
	sink.says(t, "assigned")
	sink.stop(t)
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
