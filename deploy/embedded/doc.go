// Package embedded runs the systems that attune works between, on one machine and without set-up: a
// Kafka-protocol broker, a Confluent-compatible schema registry and a ClickHouse server.
//
//	broker      kfake in this process, with a data directory
//	registry    srfake in this process, with a journal from which it is rebuilt at start
//	ClickHouse  the real engine (libchdb) in a child process, or a clickhouse binary from PATH
//
// Each takes a directory, keeps everything there, and continues from it after a restart or a kill. All
// listen on 127.0.0.1 only.
//
// # The ClickHouse child
//
// The engine is a shared library that contains the complete ClickHouse program. The running executable
// starts itself a second time with an environment variable that [RunEngineIfChild] recognizes; that
// process loads the library and becomes the server. So main, and TestMain of each test binary that
// starts ClickHouse, must call RunEngineIfChild before anything else. The child ends when its parent
// does, even by kill -9.
//
// The library is fetched once through the user's own npm, checked against a pinned hash, and kept in
// the user's cache directory; see [EnsureEngine].
//
// # Non-goals
//
// These parts are for a demo, for tests and for a first look. They are one node each and have no TLS,
// and ClickHouse here has neither replicated tables nor users made by SQL. Production runs Apache Kafka
// and a ClickHouse cluster.
package embedded
