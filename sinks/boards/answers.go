package boards

func predictions() Board {
	const quality = " FROM ${database}.rolled_prediction_quality WHERE $__dateFilter(day)"
	const cohorts = " FROM ${database}.rolled_prediction_cohorts AS v WHERE $__dateFilter(day)"
	return Board{
		Name: "prediction", Title: "Prediction honesty", From: "now-30d",
		About: "How often attune was right about why somebody calls, beside always naming the commonest reason, and whether its probabilities mean what they say.",
		Panels: []Panel{
			one("Scored", "Contacts with a prediction at their start and a reason in the end.", Number, "SELECT sum(contacts) AS contacts"+quality),
			one("Right first", "Top-1: the reason that was named.", Share, "SELECT sum(top_1) / nullIf(sum(contacts), 0) AS top_1"+quality),
			one("Among three", "Top-3.", Share, "SELECT sum(top_3) / nullIf(sum(contacts), 0) AS top_3"+quality),
			one("Commonest", "What always naming the commonest reason would have got right, known in hindsight.", Share, "SELECT sum(baseline_top_1) / nullIf(sum(contacts), 0) AS commonest"+quality),
			one("Calibration error", "ECE: mean distance between the largest probability and how often it was right, over 20 bins.", Share,
				"SELECT sum(abs(hits - sure)) / nullIf(sum(n), 0) AS ece FROM (SELECT sum(contacts) AS n, sum(top_1) AS hits, sum(confidence) AS sure FROM ${database}.rolled_prediction_calibration WHERE $__dateFilter(day) GROUP BY bin)"),
			one("Foreseen", "Of contacts of which a reason had been named in the day before, those where it was the true one; cohorts of 11 or more only.", Share,
				"SELECT sum(foreseen) / nullIf(sum(attempted), 0) AS foreseen"+cohorts),
			lines("Right", "By day of the site.", Share, "SELECT "+ofDay+" AS time, sum(top_1) / sum(contacts) AS `first`, sum(top_3) / sum(contacts) AS `among three`, "+
				"sum(baseline_top_1) / sum(contacts) AS `commonest`"+quality+" GROUP BY time ORDER BY time"),
			lines("Log loss", "Nats a contact; lower is better. Above the usual mix, the model does harm.", Number,
				"SELECT "+ofDay+" AS time, sum(log_loss) / sum(contacts) AS model, sum(baseline_log_loss) / sum(contacts) AS `usual mix`"+quality+" GROUP BY time ORDER BY time"),
			bars("Probabilities and what came of them", "Beside each other, the two are the same height where probabilities are honest.", Share,
				"SELECT toString(round(bin / 20, 2)) AS said, sum(confidence) / sum(contacts) AS probability, sum(top_1) / sum(contacts) AS right FROM ${database}.rolled_prediction_calibration "+
					"WHERE $__dateFilter(day) GROUP BY bin ORDER BY bin"),
			rows("By reason", "How often a reason was seen when it was there.", false,
				"SELECT "+reasonWords+", sum(contacts) AS calls, sum(top_1) / calls AS `named first`, sum(top_3) / calls AS `among three`, sum(log_loss) / calls AS `log loss`"+quality+" GROUP BY reason ORDER BY calls DESC",
				"named first", "among three"),
			rows("By what was known of the person", "Cohorts of 11 or more.", false,
				"SELECT cohort, sum(contacts) AS calls, sum(top_1) / calls AS `named first`, sum(top_3) / calls AS `among three`, sum(v.foreseen) / nullIf(sum(attempted), 0) AS foreseen, "+
					"sum(lead_seconds) / nullIf(sum(v.foreseen), 0) / 3600 AS `lead, h`"+cohorts+" GROUP BY cohort ORDER BY cohort", "named first", "among three", "foreseen"),
			rows("By model", "", false, "SELECT model_version AS model, sum(contacts) AS calls, sum(top_1) / calls AS `named first`, sum(log_loss) / calls AS `log loss`"+quality+
				" GROUP BY model ORDER BY max(day) DESC, model DESC LIMIT 50", "named first"),
		},
	}
}

func actions() Board {
	const funnel = " FROM ${database}.rolled_action_funnel AS v WHERE $__dateFilter(day)"
	return Board{
		Name: "actions", Title: "Actions and lift", From: "now-30d",
		About: "What was decided, what was shown, what was accepted, what was held back and why, and whether it changed anything.",
		Panels: []Panel{
			one("Decided", "Decisions, withdrawals left out.", Number, "SELECT sum(decided) AS decided"+funnel),
			one("Delivered", "Of them, those that contact centers see.", Share, "SELECT sum(delivered) / nullIf(sum(decided), 0) AS delivered"+funnel),
			one("Nothing done", "Decisions to do nothing (A00).", Share, "SELECT sumIf(decided, action = 'A00') / nullIf(sum(decided), 0) AS nothing"+funnel),
			one("Accepted", "Of those shown.", Share, "SELECT sum(accepted) / nullIf(sum(shown), 0) AS accepted"+funnel),
			one("Overridden", "Of those shown: somebody took another action.", Share, "SELECT sum(overridden) / nullIf(sum(shown), 0) AS overridden"+funnel),
			one("Explored", "Decisions that the policy would not always have made.", Share, "SELECT sum(explored) / nullIf(sum(decided), 0) AS explored"+funnel),
			lines("What became of decisions", "By day of the site.", Number,
				"SELECT "+ofDay+" AS time, sum(delivered) AS delivered, sum(shown) AS shown, sum(accepted) AS accepted, sum(held_out) AS `held out`"+funnel+" GROUP BY time ORDER BY time"),
			lines("Acceptance", "Accepted, of those shown.", Share, "SELECT "+ofDay+" AS time, sum(accepted) / nullIf(sum(shown), 0) AS accepted, sum(rejected) / nullIf(sum(shown), 0) AS rejected, "+
				"sum(ignored) / nullIf(sum(shown), 0) AS ignored"+funnel+" GROUP BY time ORDER BY time"),
			rows("By action", "", false, "SELECT "+actionWords+", channel, sum(decided) AS n, sum(delivered) AS delivered, sum(v.shown) AS shown, sum(accepted) / nullIf(sum(v.shown), 0) AS accepted, "+
				"sum(rejected) / nullIf(sum(v.shown), 0) AS rejected, sum(expired) AS expired"+funnel+" GROUP BY action, channel ORDER BY n DESC", "accepted", "rejected"),
			rows("Why not", "Which rule removed which action, and how often.", false,
				"SELECT "+actionWords+", stage, rule, sum(decisions) AS n FROM ${database}.rolled_suppressions WHERE $__dateFilter(day) GROUP BY action, stage, rule ORDER BY n DESC LIMIT 50"),
			rows("What actions changed", "Contacts within 7 days of the treated less those of the held out, with an interval of 95 %: below 0, the action spared contacts. Over all time, whatever the board shows.", true,
				"SELECT "+actionWords+", policy_version AS policy, treated, held_out AS `held out`, treated_contacts / nullIf(treated, 0) AS `treated call`, held_out_contacts / nullIf(held_out, 0) AS `held out call`, "+
					"difference, low, high, multiIf(high < 0, 'fewer calls', low > 0, 'more calls', 'not shown') AS verdict FROM ${database}.rolled_action_lift ORDER BY treated DESC",
				"treated call", "held out call", "difference", "low", "high"),
		},
	}
}

func equity() Board {
	const from = " FROM ${database}.rolled_equity AS v WHERE month >= toStartOfMonth($__fromTime) AND month <= $__toTime"
	return Board{
		Name: "equity", Title: "Equity", From: "now-90d",
		About: "Who waits longer, is helped less often, or is understood less well. Months in which a group has fewer than 11 contacts are left out, so that nobody can be recognised.",
		Panels: []Panel{
			rows("By group", "By language, by who calls, and by whether they were ever seen on the website or in the app.", true,
				"SELECT attribute, value, sum(contacts) AS calls, sum(abandoned) / nullIf(sum(queued), 0) AS `gave up`, sum(wait_seconds) / nullIf(sum(queued), 0) AS `wait, s`, "+
					"sum(last_resort) / calls AS `last resorts`, sum(resolved) / nullIf(sum(judged), 0) AS resolved, sum(top_1) / nullIf(sum(scored), 0) AS understood, "+
					"(sum(confidence) - sum(likeliest_true)) / nullIf(sum(scored), 0) AS overconfidence, sum(v.offered) / calls AS offered, sum(accepted) / nullIf(sum(v.offered), 0) AS accepted"+
					from+" GROUP BY attribute, value ORDER BY attribute, calls DESC", "gave up", "last resorts", "resolved", "understood", "overconfidence", "offered", "accepted"),
			rows("Gaps", "Largest less smallest share among the groups of an attribute, by month.", true,
				"SELECT month, attribute, count() AS groups, max(abandoned / nullIf(queued, 0)) - min(abandoned / nullIf(queued, 0)) AS `gave up`, "+
					"max(resolved / nullIf(judged, 0)) - min(resolved / nullIf(judged, 0)) AS resolved, max(top_1 / nullIf(scored, 0)) - min(top_1 / nullIf(scored, 0)) AS understood, "+
					"min(offered / contacts) / nullIf(max(offered / contacts), 0) AS `offer ratio`"+from+" GROUP BY month, attribute HAVING groups > 1 ORDER BY month DESC, attribute",
				"gave up", "resolved", "understood", "offer ratio"),
		},
	}
}

func data() Board {
	const hours = " FROM ${database}.data_by_hour WHERE $__timeFilter(hour)"
	const windows = " FROM ${database}.window_completeness WHERE $__timeFilter_ms(window_start)"
	return Board{
		Name: "data", Title: "Data you may trust", From: "now-24h",
		About: "Whether the figures on the other boards are whole: how fresh they are, which windows are still open, and what was late or in conflict.",
		Panels: []Panel{
			one("Touchpoints", "Accepted.", Number, "SELECT sum(touchpoints) AS touchpoints"+hours),
			one("Refused", "Of all: touchpoints.rejected says why. What INGEST itself refuses is not among them.", Share, "SELECT sum(refused) / nullIf(sum(touchpoints) + sum(refused), 0) AS refused"+hours),
			one("Conflicts", "Touchpoints whose identifiers name two persons.", Share, "SELECT sum(conflicts) / nullIf(sum(touchpoints), 0) AS conflicts"+hours),
			one("Anonymous", "Touchpoints of whom nobody knew whose they are, when they came.", Share, "SELECT sum(anonymous) / nullIf(sum(touchpoints), 0) AS anonymous"+hours),
			one("Open windows", "Windows whose figures can still change.", Number, "SELECT countIf(NOT complete) AS open"+windows),
			one("Left out", "Late records beyond the lateness that is allowed.", Number, "SELECT sum(dropped) AS dropped"+windows),
			lines("Touchpoints by channel", "By the hour in which they happened.", Number,
				"SELECT hour AS time, sumIf(touchpoints, channel = 'web') AS web, sumIf(touchpoints, channel = 'app') AS app, sumIf(touchpoints, channel = 'call') AS call, "+
					"sumIf(touchpoints, channel = 'ehr') AS ehr"+hours+" GROUP BY time ORDER BY time"),
			lines("From INGEST to here", "99th percentile by channel.", Seconds,
				"SELECT hour AS time, maxIf(latency_p99, channel = 'web') AS web, maxIf(latency_p99, channel = 'app') AS app, maxIf(latency_p99, channel = 'call') AS call, "+
					"maxIf(latency_p99, channel = 'ehr') AS ehr"+hours+" GROUP BY time ORDER BY time"),
			lines("From the touchpoint to INGEST", "99th percentile by channel: sources that send in batches show here.", Seconds,
				"SELECT hour AS time, maxIf(delay_p99, channel = 'web') AS web, maxIf(delay_p99, channel = 'app') AS app, maxIf(delay_p99, channel = 'call') AS call, "+
					"maxIf(delay_p99, channel = 'ehr') AS ehr"+hours+" GROUP BY time ORDER BY time"),
			lines("Late", "Late records that were taken in, and those left out, by window.", Number,
				"SELECT toDateTime(window_start) AS time, sum(late) AS `taken in`, sum(dropped) AS `left out`"+windows+" GROUP BY time ORDER BY time"),
			rows("Newest by channel", "", false, "SELECT channel, max(newest) AS newest, sum(touchpoints) AS touchpoints, sum(refused) AS refused, sum(conflicts) AS conflicts"+hours+" GROUP BY channel ORDER BY channel"),
			rows("Windows that are not complete", "", false, "SELECT aggregate, window_start, open_partitions AS open, partitions, basis, watermark"+windows+" AND NOT complete ORDER BY window_start DESC LIMIT 50"),
		},
	}
}
