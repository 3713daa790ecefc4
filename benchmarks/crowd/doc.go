// Package crowd fills attune's tables in ClickHouse with a made-up crowd, by SQL alone: tests and benchmarks of views and
// boards need tables as large as a site's, and a pipeline would take hours for them. Its rows agree with each other as those
// of a sink do; they are not what operators would make of the touchpoints.
package crowd
