package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/attune-health/attune/sinks/boards"
)

func operator() *board {
	return &board{
		Board: boards.Board{Name: "operator", Title: "Operator", From: "now-1h",
			About: "Whether the processes are well; docs/metrics.md says what each metric means, and deploy/alerts.yaml when to worry."},
		prometheus: true,
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
			measured("Refused", "By reason and second; duplicates that were removed are among them.", "ops", [2]string{"sum by (reason) (rate(attune_rejected_records_total[5m]))", "{{reason}}"}),
			measured("Rebalances", "Of the group, in ten minutes.", number, [2]string{"max(changes(attune_group_generation[10m]))", "rebalances"}),
			measured("ClickHouse", "Records that the sink is behind, and how it fares.", number, [2]string{"sum by (topic) (attune_sink_lag_records)", "{{topic}}"}),
			measured("Desk", "Records that each desk is behind.", number, [2]string{"sum by (topic) (attune_desk_lag_records)", "{{topic}}"}),
			measured("Restores", "Seconds that are left until tasks are restored, by role.", seconds, [2]string{"max by (role) (attune_restore_remaining_seconds)", "{{role}}"}),
			measured("Memory", "Resident set of each process.", "bytes", [2]string{"process_resident_memory_bytes", "{{instance}}"}),
		},
	}
}
