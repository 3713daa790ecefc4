// Package grafana makes attune's boards for Grafana: contacts, last resorts, predictions, actions, equity and data from the
// views in ClickHouse (docs/kpis.md), and the processes themselves from Prometheus (docs/metrics.md).
//
// A board is Go code; boards/*.json are generated from it by `make generate`, and are what a Grafana is given
// (provisioning.yaml, or its import page). Data sources are variables, so that a board says nothing of where a site's are.
// Alert rules, which have no variables, are in provisioning/alerting: those of deploy/alerts.yaml, and those on the tables.
// Each query names its view as ${database}.view, and days and hours are those of the site's time zone, which the view knows.
package grafana

//go:generate go run ../../internal/boardgen grafana
