package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func data() *board {
	const hours = " FROM ${database}.data_by_hour WHERE $__timeFilter(hour)"
	const windows = " FROM ${database}.window_completeness WHERE $__timeFilter_ms(window_start)"
	return &board{
		name: "data", title: "Data you may trust", from: "now-24h",
		about: "Whether the figures on the other boards are whole: how fresh they are, which windows are still open, and what was late or in conflict.",
		panels: []cog.Builder[dashboard.Panel]{
			one("Touchpoints", "Accepted.", number, "SELECT sum(touchpoints) AS touchpoints"+hours),
			one("Refused", "Of all: touchpoints.rejected says why. What INGEST itself refuses is not among them.", share, "SELECT sum(refused) / nullIf(sum(touchpoints) + sum(refused), 0) AS refused"+hours),
			one("Conflicts", "Touchpoints whose identifiers name two persons.", share, "SELECT sum(conflicts) / nullIf(sum(touchpoints), 0) AS conflicts"+hours),
			one("Anonymous", "Touchpoints of whom nobody knew whose they are, when they came.", share, "SELECT sum(anonymous) / nullIf(sum(touchpoints), 0) AS anonymous"+hours),
			one("Open windows", "Windows whose figures can still change.", number, "SELECT countIf(NOT complete) AS open"+windows),
			one("Left out", "Late records beyond the lateness that is allowed.", number, "SELECT sum(dropped) AS dropped"+windows),
			lines("Touchpoints by channel", "By hour of arrival.", number,
				"SELECT hour AS time, sumIf(touchpoints, channel = 'web') AS web, sumIf(touchpoints, channel = 'app') AS app, sumIf(touchpoints, channel = 'call') AS call, "+
					"sumIf(touchpoints, channel = 'ehr') AS ehr"+hours+" GROUP BY time ORDER BY time"),
			lines("From INGEST to here", "99th percentile by channel.", seconds,
				"SELECT hour AS time, maxIf(latency_p99, channel = 'web') AS web, maxIf(latency_p99, channel = 'app') AS app, maxIf(latency_p99, channel = 'call') AS call, "+
					"maxIf(latency_p99, channel = 'ehr') AS ehr"+hours+" GROUP BY time ORDER BY time"),
			lines("From the touchpoint to INGEST", "99th percentile by channel: sources that send in batches show here.", seconds,
				"SELECT hour AS time, maxIf(delay_p99, channel = 'web') AS web, maxIf(delay_p99, channel = 'app') AS app, maxIf(delay_p99, channel = 'call') AS call, "+
					"maxIf(delay_p99, channel = 'ehr') AS ehr"+hours+" GROUP BY time ORDER BY time"),
			lines("Late", "Late records that were taken in, and those left out, by window.", number,
				"SELECT toDateTime(window_start) AS time, sum(late) AS `taken in`, sum(dropped) AS `left out`"+windows+" GROUP BY time ORDER BY time"),
			rows("Newest by channel", "", half, "SELECT channel, max(newest) AS newest, sum(touchpoints) AS touchpoints, sum(refused) AS refused, sum(conflicts) AS conflicts"+hours+" GROUP BY channel ORDER BY channel"),
			rows("Windows that are not complete", "", half, "SELECT aggregate, window_start, open_partitions AS open, partitions, basis, watermark"+windows+" AND NOT complete ORDER BY window_start DESC LIMIT 50"),
		},
	}
}

func operator() *board {
	return &board{
		name: "operator", title: "Operator", from: "now-1h", prometheus: true,
		about: "Whether the processes are well; docs/metrics.md says what each metric means, and deploy/alerts.yaml when to worry.",
		panels: []cog.Builder[dashboard.Panel]{
			measured("Freshness", "How long ago the broker stored the last record processed; 0 where none waits. Calls above 5 s page somebody.", seconds, [2]string{"max by (topic) (attune_source_freshness_seconds)", "{{topic}}"}),
			measured("Lag", "Records that wait, by topic.", number, [2]string{"sum by (topic) (attune_source_lag_records)", "{{topic}}"}),
			measured("Records", "Processed, rejected and late, by second.", "ops", [2]string{"sum(rate(attune_records_total[5m]))", "processed"},
				[2]string{"sum(rate(attune_rejected_records_total[5m]))", "rejected"}, [2]string{"sum(rate(attune_late_records_total[5m]))", "late"}),
			measured("Watermarks", "How far the watermark of each channel is behind the clock.", seconds, [2]string{"max by (channel) (attune_watermark_delay_seconds{role=\"patient\"})", "{{channel}}"}),
			measured("Commits", "From seal to the broker's answer.", seconds, [2]string{"histogram_quantile(0.5, sum by (le) (rate(attune_commit_seconds_bucket[5m])))", "median"},
				[2]string{"histogram_quantile(0.99, sum by (le) (rate(attune_commit_seconds_bucket[5m])))", "99 %"}),
			measured("Workers", "What they do with their time.", share, [2]string{"sum by (phase) (rate(attune_worker_seconds_total[5m])) / on () group_left () sum(rate(attune_worker_seconds_total[5m]))", "{{phase}}"}),
			measured("Tasks", "By role; those that wait or have stopped.", number, [2]string{"sum by (role) (attune_tasks)", "{{role}}"}, [2]string{"sum(attune_parked_partitions)", "parked"},
				[2]string{"sum(attune_stopped_tasks)", "stopped"}),
			measured("Trouble", "Restarts, fences, failed records and refused outputs in ten minutes.", number, [2]string{"sum(increase(attune_worker_restarts_total[10m]))", "worker restarts"},
				[2]string{"sum(increase(attune_worker_fenced_total[10m]))", "fenced"}, [2]string{"sum(increase(attune_record_failures_total[10m]))", "records that made an operator fail"},
				[2]string{"sum(increase(attune_refused_outputs_total[10m]))", "outputs too large"}, [2]string{"sum(increase(attune_lost_records_total[10m]))", "lost to retention"}),
			measured("ClickHouse", "Records that the sink is behind, and how it fares.", number, [2]string{"sum by (topic) (attune_sink_lag_records)", "{{topic}}"}),
			measured("Desk", "Records that each desk is behind.", number, [2]string{"sum by (topic) (attune_desk_lag_records)", "{{topic}}"}),
			measured("Restores", "Seconds that are left until tasks are restored, by role.", seconds, [2]string{"max by (role) (attune_restore_remaining_seconds)", "{{role}}"}),
			measured("Memory", "Resident set of each process.", "bytes", [2]string{"process_resident_memory_bytes", "{{instance}}"}),
		},
	}
}
