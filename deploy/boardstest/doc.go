// Package boardstest is the test kit of the boards for Grafana and for Superset: a ClickHouse with a made-up crowd's history
// in it, and what must be true of a panel's answer whoever shows it.
package boardstest
