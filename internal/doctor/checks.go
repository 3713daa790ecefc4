package doctor

import "context"

// Check is one row of the table of checks. docs/checks.md has the same rows.
type Check struct {
	// Name is stable: alerts and scripts know it.
	Name string `json:"name"`
	// Looks is what it looks at.
	Looks string `json:"looks_at"`
	// AtStart: attune run and attune sink make it as well, and do not start where it has a problem.
	AtStart bool `json:"at_start"`
	// Remedy is what to do, in general; each finding says it of its own case.
	Remedy string `json:"remedy"`
}

// step is a check with what carries it out.
type step struct {
	Check
	// needs names the check without which it makes no sense.
	needs string
	run   func(*examination, context.Context)
}

// checks is the table, in the order in which they run.
func checks() []step {
	return []step{
		{Check{"identity-key", "run.identity_key is set, and long enough", true, "set run.identity_key to at least 16 secret bytes, and keep it"}, "", (*examination).key},
		{Check{"kafka", "a broker answers at kafka.brokers, lets us in, and is new enough", true, "correct section kafka: addresses, TLS, log-in"}, "", (*examination).kafka},
		{Check{"advertised-addresses", "every broker can be reached at the address that it advertises", true, "correct the brokers' advertised.listeners, or make the names resolve and the ports answer here"}, "kafka", (*examination).advertised},
		{Check{"transactions", "the brokers have transactions version 2, and are none of those that may lose the end of one (Apache Kafka 4.3.0, 4.3.1, 4.4.0: KAFKA-20734)", false, "upgrade Kafka to 4.0, it is slower without; run 4.2 or a release with that change"}, "kafka", (*examination).transactions},
		{Check{"rights", "the user may do what the roles need, operation by operation (attune doctor --role NAME for the user of one role)", false, "give the right with kafka-acls as the finding says; docs/acls.md has all of them"}, "kafka", (*examination).rights},
		{Check{"topics", "topics exist, with the partitions, cleanup policy and max.message.bytes that the configuration needs", true, "attune topics create, or alter the topic or the configuration as the finding says"}, "kafka", (*examination).topics},
		{Check{"record-times", "input topics have the broker's time (message.timestamp.type)", true, "set LogAppendTime on the topic"}, "topics", (*examination).clocks},
		{Check{"clocks", "the brokers' clocks and ours are less than two seconds apart, by what is written to topics with the broker's time while doctor looks for a second; attune run and attune sink compare them with each answer to what they write", false, "keep the time of the brokers' machines and of this one by NTP"}, "topics", (*examination).compareClocks},
		{Check{"record-time-bounds", "no topic with the times of its writers refuses records for them (message.timestamp.before.max.ms, message.timestamp.after.max.ms)", true, "set LogAppendTime on the topic, or raise the bound"}, "topics", (*examination).times},
		{Check{"retention", "inputs are kept for longer than the longest downtime, and compaction leaves young versions", false, "raise retention.ms or min.compaction.lag.ms"}, "topics", (*examination).downtime},
		{Check{"identifiers", "by which rules identifiers are taken, which name nobody, and which are quarantined", false, "see docs/identity.md"}, "topics", (*examination).identity},
		{Check{"positions", "the processor's group has the positions that its state belongs to", true, "start `attune run`, which finds them; where it cannot, restore the group's offsets as it says, or begin a new generation"}, "topics", (*examination).positions},
		{Check{"topic-ids", "topics are those that the last commits were made for", true, "restore the topic, or begin a new generation (attune reprocess)"}, "topics", (*examination).topicIDs},
		{Check{"log-starts", "the next records to read are still in the logs of the processor's sources", false, "set run.on_data_loss to resume, or reset the group's offsets"}, "topics", (*examination).logStarts},
		{Check{"open-transactions", "no transaction holds up the readers of a topic; where one is open, doctor looks for twelve seconds whether it ends", false, "kafka-transactions.sh abort, as the finding says, for all partitions of that producer alike, `__consumer_offsets` too (find-hanging lists them); attune run and attune sink tell of one after a minute, as a parked partition"}, "topics", (*examination).openTransactions},
		{Check{"sink-lag", "how far the sink is behind, and whether retention takes what it has not read", false, "start attune sink, or raise retention.ms; sink.on_data_loss: resume goes on behind a loss"}, "topics", (*examination).lag},
		{Check{"registry", "the schema registry answers, and has our schemas or ones that are compatible", true, "correct section registry, or attune schemas register"}, "", (*examination).registry},
		{Check{"clickhouse", "ClickHouse answers, takes an insert with our settings, and has our tables and views", true, "correct section clickhouse, or let attune sink create what is missing (sink.schema: apply)"}, "", (*examination).clickhouse},
		{Check{"rollups", "days that boards show have been computed within the last hour, and all that has changed of them within two days", false, "start attune sink; its log says why a roll-up fails, attune_sink_rollup_seconds how long each takes"}, "clickhouse", (*examination).rollups},
	}
}

// Checks are the rows of the table.
func Checks() []Check {
	var out []Check
	for _, s := range checks() {
		out = append(out, s.Check)
	}
	return out
}
