// Package boards has the boards for analysts: which questions are asked of attune's views, and how each answer is shown.
// Grafana (deploy/grafana), Superset (deploy/superset) and the desk's page /insights show the same ones.
//
// A query is ClickHouse's SQL with macros of Grafana's plug-in, which Span.Expand knows, too: $__timeFilter(column) of a
// DateTime, $__timeFilter_ms(column) of a DateTime64, $__dateFilter(column) of a Date, and the variables ${database},
// ${zone} and ${queue}. Days and hours are those of the site, as the views give them. No column names a person.
package boards
