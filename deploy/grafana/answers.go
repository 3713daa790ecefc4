package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func predictions() *board {
	const quality = " FROM ${database}.prediction_quality WHERE $__dateFilter(day)"
	const cohorts = " FROM ${database}.prediction_cohorts AS v WHERE $__dateFilter(day)"
	return &board{
		name: "prediction", title: "Prediction honesty", from: "now-30d",
		about: "How often attune was right about why somebody calls, beside always naming the commonest reason, and whether its probabilities mean what they say.",
		panels: []cog.Builder[dashboard.Panel]{
			one("Scored", "Contacts with a prediction at their start and a reason in the end.", number, "SELECT sum(contacts) AS contacts"+quality),
			one("Right first", "Top-1: the reason that was named.", share, "SELECT sum(top_1) / nullIf(sum(contacts), 0) AS top_1"+quality),
			one("Among three", "Top-3.", share, "SELECT sum(top_3) / nullIf(sum(contacts), 0) AS top_3"+quality),
			one("Commonest", "What always naming the commonest reason would have got right, known in hindsight.", share, "SELECT sum(baseline_top_1) / nullIf(sum(contacts), 0) AS commonest"+quality),
			one("Calibration error", "ECE: mean distance between the largest probability and how often it was right, over 20 bins.", share,
				"SELECT sum(abs(hits - sure)) / nullIf(sum(n), 0) AS ece FROM (SELECT sum(contacts) AS n, sum(top_1) AS hits, sum(confidence) AS sure FROM ${database}.prediction_calibration WHERE $__dateFilter(day) GROUP BY bin)"),
			one("Foreseen", "Of contacts of which a reason had been named in the day before, those where it was the true one; cohorts of 11 or more only.", share,
				"SELECT sum(foreseen) / nullIf(sum(attempted), 0) AS foreseen"+cohorts),
			lines("Right", "By day of the site.", share, "SELECT "+ofDay+" AS time, sum(top_1) / sum(contacts) AS `first`, sum(top_3) / sum(contacts) AS `among three`, "+
				"sum(baseline_top_1) / sum(contacts) AS `commonest`"+quality+" GROUP BY time ORDER BY time"),
			lines("Log loss", "Nats a contact; lower is better. Above the usual mix, the model does harm.", number,
				"SELECT "+ofDay+" AS time, sum(log_loss) / sum(contacts) AS model, sum(baseline_log_loss) / sum(contacts) AS `usual mix`"+quality+" GROUP BY time ORDER BY time"),
			bars("Probabilities and what came of them", "Beside each other, the two are the same height where probabilities are honest.", share, "said",
				"SELECT toString(round(bin / 20, 2)) AS said, sum(confidence) / sum(contacts) AS probability, sum(top_1) / sum(contacts) AS right FROM ${database}.prediction_calibration "+
					"WHERE $__dateFilter(day) GROUP BY bin ORDER BY bin"),
			rows("By reason", "How often a reason was seen when it was there.", half,
				"SELECT reason, sum(contacts) AS calls, sum(top_1) / calls AS `named first`, sum(top_3) / calls AS `among three`, sum(log_loss) / calls AS `log loss`"+quality+" GROUP BY reason ORDER BY calls DESC",
				"named first", "among three"),
			rows("By what was known of the person", "Cohorts of 11 or more.", half,
				"SELECT cohort, sum(contacts) AS calls, sum(top_1) / calls AS `named first`, sum(top_3) / calls AS `among three`, sum(v.foreseen) / nullIf(sum(attempted), 0) AS foreseen, "+
					"sum(lead_seconds) / nullIf(sum(v.foreseen), 0) / 3600 AS `lead, h`"+cohorts+" GROUP BY cohort ORDER BY cohort", "named first", "among three", "foreseen"),
			rows("By model", "", half, "SELECT model_version AS model, sum(contacts) AS calls, sum(top_1) / calls AS `named first`, sum(log_loss) / calls AS `log loss`"+quality+
				" GROUP BY model ORDER BY max(day) DESC, model DESC LIMIT 50", "named first"),
		},
	}
}

func actions() *board {
	const funnel = " FROM ${database}.action_funnel AS v WHERE $__dateFilter(day)"
	return &board{
		name: "actions", title: "Actions and lift", from: "now-30d",
		about: "What was decided, what was shown, what was accepted, what was held back and why, and whether it changed anything.",
		panels: []cog.Builder[dashboard.Panel]{
			one("Decided", "Decisions, withdrawals left out.", number, "SELECT sum(decided) AS decided"+funnel),
			one("Delivered", "Of them, those that contact centers see.", share, "SELECT sum(delivered) / nullIf(sum(decided), 0) AS delivered"+funnel),
			one("Nothing done", "Decisions to do nothing (A00).", share, "SELECT sumIf(decided, action = 'A00') / nullIf(sum(decided), 0) AS nothing"+funnel),
			one("Accepted", "Of those shown.", share, "SELECT sum(accepted) / nullIf(sum(shown), 0) AS accepted"+funnel),
			one("Overridden", "Of those shown: somebody took another action.", share, "SELECT sum(overridden) / nullIf(sum(shown), 0) AS overridden"+funnel),
			one("Explored", "Decisions that the policy would not always have made.", share, "SELECT sum(explored) / nullIf(sum(decided), 0) AS explored"+funnel),
			lines("What became of decisions", "By day of the site.", number,
				"SELECT "+ofDay+" AS time, sum(delivered) AS delivered, sum(shown) AS shown, sum(accepted) AS accepted, sum(held_out) AS `held out`"+funnel+" GROUP BY time ORDER BY time"),
			lines("Acceptance", "Accepted, of those shown.", share, "SELECT "+ofDay+" AS time, sum(accepted) / nullIf(sum(shown), 0) AS accepted, sum(rejected) / nullIf(sum(shown), 0) AS rejected, "+
				"sum(ignored) / nullIf(sum(shown), 0) AS ignored"+funnel+" GROUP BY time ORDER BY time"),
			rows("By action", "", half, "SELECT action, channel, sum(decided) AS n, sum(delivered) AS delivered, sum(v.shown) AS shown, sum(accepted) / nullIf(sum(v.shown), 0) AS accepted, "+
				"sum(rejected) / nullIf(sum(v.shown), 0) AS rejected, sum(expired) AS expired"+funnel+" GROUP BY action, channel ORDER BY n DESC", "accepted", "rejected"),
			rows("Why not", "Which rule removed which action, and how often.", half,
				"SELECT action, stage, rule, sum(decisions) AS n FROM ${database}.suppressions WHERE $__dateFilter(day) GROUP BY action, stage, rule ORDER BY n DESC LIMIT 50"),
			rows("What actions changed", "Contacts within 7 days of the treated less those of the held out, with an interval of 95 %: below 0, the action spared contacts. Over all time, whatever the board shows.", wide,
				"SELECT action, policy_version AS policy, treated, held_out AS `held out`, treated_contacts / nullIf(treated, 0) AS `treated call`, held_out_contacts / nullIf(held_out, 0) AS `held out call`, "+
					"difference, low, high, multiIf(high < 0, 'fewer calls', low > 0, 'more calls', 'not shown') AS verdict FROM ${database}.action_lift ORDER BY treated DESC",
				"treated call", "held out call", "difference", "low", "high"),
		},
	}
}

func equity() *board {
	const from = " FROM ${database}.equity AS v WHERE month >= toStartOfMonth($__fromTime) AND month <= $__toTime"
	by := func(title, attribute, about string) cog.Builder[dashboard.Panel] {
		return rows(title, about, wide, "SELECT value, sum(contacts) AS calls, sum(abandoned) / nullIf(sum(queued), 0) AS `gave up`, sum(wait_seconds) / nullIf(sum(queued), 0) AS `wait, s`, "+
			"sum(last_resort) / calls AS `last resorts`, sum(resolved) / nullIf(sum(judged), 0) AS resolved, sum(top_1) / nullIf(sum(scored), 0) AS understood, "+
			"(sum(confidence) - sum(likeliest_true)) / nullIf(sum(scored), 0) AS overconfidence, sum(v.offered) / calls AS offered, sum(accepted) / nullIf(sum(v.offered), 0) AS accepted"+
			from+" AND attribute = '"+attribute+"' GROUP BY value ORDER BY calls DESC", "gave up", "last resorts", "resolved", "understood", "overconfidence", "offered", "accepted")
	}
	return &board{
		name: "equity", title: "Equity", from: "now-90d",
		about: "Who waits longer, is helped less often, or is understood less well. Months in which a group has fewer than 11 contacts are left out, so that nobody can be recognised.",
		panels: []cog.Builder[dashboard.Panel]{
			by("By language", "language", "As patients chose it."),
			by("By caller", "caller", "Who calls for somebody else, and who for themselves."),
			by("By digital reach", "digital", "Who was ever seen on the website or in the app."),
			rows("Gaps", "Largest less smallest share among the groups of an attribute, by month.", wide,
				"SELECT month, attribute, count() AS groups, max(abandoned / nullIf(queued, 0)) - min(abandoned / nullIf(queued, 0)) AS `gave up`, "+
					"max(resolved / nullIf(judged, 0)) - min(resolved / nullIf(judged, 0)) AS resolved, max(top_1 / nullIf(scored, 0)) - min(top_1 / nullIf(scored, 0)) AS understood, "+
					"min(offered / contacts) / nullIf(max(offered / contacts), 0) AS `offer ratio`"+from+" GROUP BY month, attribute HAVING groups > 1 ORDER BY month DESC, attribute",
				"gave up", "resolved", "understood", "offer ratio"),
		},
	}
}
