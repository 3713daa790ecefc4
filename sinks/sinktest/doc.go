// Package sinktest holds what every sink must do, as tests that each sink runs against itself.
//
// A sink reads committed records as a member of a consumer group, makes each visible to readers exactly once, and
// commits an offset only when what it stands for is visible. It keeps nothing that a restart needs. A record that
// cannot be read goes to touchpoints.rejected, and the others go on; while a backend does not answer, offsets
// stay where they are and nothing is lost.
//
//	func TestConformance(t *testing.T) {
//	sinktest.TestSink(t, func(t *testing.T) sinktest.Harness { ... })
//	}
//
// Each case gets a harness of its own: a broker with empty topics, a sink with an empty backend.
package sinktest
