package main

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/benchmarks/world"
)

func TestThePlotsAreDrawn(t *testing.T) {
	s, err := observe(world.Config{Patients: 1500, Duration: 20 * 24 * time.Hour, Posterior: 30})
	if err != nil {
		t.Fatal(err)
	}
	svg := s.draw()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("no XML: %v", err)
		}
	}
	for _, want := range []string{"medication", "calls by local hour", "Mon", "attainable", "per patient and year"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
