package boards

// reasons is about the mix of what people call about, and what becomes of a reason.
func reasons() Board {
	const mix = " FROM ${database}.rolled_reason_mix WHERE $__dateFilter(day)"
	return Board{
		Name: "reasons", Title: "Reasons", From: "now-30d",
		About: "What people call about beside what is usual, how much that changes, and how long a matter goes on.",
		Panels: []Panel{
			one("Change of the mix", "Jensen-Shannon divergence of a day's reasons from those of the 28 days before, in bits, on average: 0 is no change, 1 is nothing in common.", Number,
				"SELECT avg(js) AS js FROM (SELECT day, any(js) AS js"+mix+" GROUP BY day)"),
			one("After hours", "Calls that began outside Monday to Friday, 8:00 to 18:00.", Share, "SELECT sum(after_hours) / nullIf(sum(contacts), 0) AS after_hours"+mix),
			one("Nobody named it", "Calls whose disposition says that the reason is unknown.", Share, "SELECT sumIf(contacts, reason = 'unknown') / nullIf(sum(contacts), 0) AS unknown"+mix),
			one("Calls about one thing", "Length of a chain of repeats: calls of one person for one reason, each within 7 days of the one before.", Number,
				"SELECT sum(contacts) / nullIf(sum(contacts) - sum(repeats), 0) AS chain FROM ${database}.rolled_resolution_rates WHERE $__dateFilter(day)"),
			one("Got there alone", "True containment: sessions with voice menu or chatbot that needed no agent within 24 hours, and got what they came for.", Share,
				"SELECT sum(reached) / nullIf(sum(sessions), 0) AS reached FROM ${database}.rolled_containment WHERE $__dateFilter(day)"),
			one("Until it is known", "From the start of a call to the reason in its disposition, on average: no prediction is scored before, and none is learned from.", Seconds,
				"SELECT avg(dateDiff('second', started_at, disposed_at)) AS delay FROM ${database}.contacts WHERE disposed AND reason != '' AND $__timeFilter_ms(started_at)"),
			lines("Change by day", "Jensen-Shannon divergence from the 28 days before.", Number, "SELECT "+ofDay+" AS time, any(js) AS `change`"+mix+" GROUP BY time ORDER BY time"),
			lines("After hours by day", "Share of calls.", Share, "SELECT "+ofDay+" AS time, sum(after_hours) / sum(contacts) AS `after hours`"+mix+" GROUP BY time ORDER BY time"),
			rows("Reasons and what is usual", "Share of the calls of these days, and of those of the 28 days before each.", true,
				"SELECT "+reasonWords+", sum(contacts) AS calls, sum(contacts) / nullIf(sum(of_day), 0) AS `share`, sum(contacts_before) / nullIf(sum(of_before), 0) AS `usual`, "+
					"sum(after_hours) / nullIf(sum(contacts), 0) AS `after hours`"+mix+" GROUP BY reason ORDER BY calls DESC", "share", "usual", "after hours"),
		},
	}
}

// handling is about what agents did with calls.
func handling() Board {
	const calls = " FROM ${database}.rolled_call_handling AS v WHERE $__dateFilter(day)"
	const talk = "sum(seamless_talk_seconds) / nullIf(sum(seamless), 0) AS `agent knew`, sum(started_over_talk_seconds) / nullIf(sum(started_over), 0) AS `started over`"
	return Board{
		Name: "handling", Title: "Calls and agents", From: "now-30d",
		About: "What agents did with calls: whom they passed on, whether callbacks were kept, and whether a call is shorter where the agent knew what had happened online.",
		Panels: []Panel{
			one("Handled", "Calls that an agent took.", Number, "SELECT sum(handled) AS handled"+calls),
			one("Passed on", "Transfer rate: of these, calls that were transferred once or more.", Share, "SELECT sum(transferred) / nullIf(sum(handled), 0) AS transferred"+calls),
			one("Callback asked for", "Of all calls, those in which a callback was asked for.", Share, "SELECT sum(callbacks) / nullIf(sum(contacts), 0) AS callbacks"+calls),
			one("Callbacks kept", "Of these, calls that an agent took in the end.", Share, "SELECT sum(callbacks_kept) / nullIf(sum(callbacks), 0) AS kept"+calls),
			one("Talk, agent knew", "Mean talk after a step online for the same reason within 24 hours, where the agent was shown an action.", Seconds,
				"SELECT sum(seamless_talk_seconds) / nullIf(sum(seamless), 0) AS talk"+calls),
			one("Talk, started over", "The same where the agent was shown none.", Seconds, "SELECT sum(started_over_talk_seconds) / nullIf(sum(started_over), 0) AS talk"+calls),
			lines("Talk by day", "Mean talk after a step online for the same reason, where the agent was shown an action and where not.", Seconds, "SELECT "+ofDay+" AS time, "+talk+calls+" GROUP BY time ORDER BY time"),
			rows("By queue", "", false, "SELECT queue, sum(v.handled) AS handled, sum(v.transferred) / nullIf(sum(v.handled), 0) AS `passed on`, sum(callbacks_kept) / nullIf(sum(v.callbacks), 0) AS kept, "+talk+calls+" GROUP BY queue ORDER BY handled DESC, queue",
				"passed on", "kept"),
			rows("By reason of the call", "", false, "SELECT "+reasonWords+", sum(v.handled) AS handled, sum(v.transferred) / nullIf(sum(v.handled), 0) AS `passed on`, "+talk+calls+" GROUP BY reason ORDER BY handled DESC", "passed on"),
		},
	}
}

// morePredictions are further scores.
func morePredictions() []Panel {
	const quality = " FROM ${database}.rolled_prediction_quality WHERE $__dateFilter(day)"
	const bins = " FROM ${database}.rolled_prediction_calibration WHERE $__dateFilter(day)"
	return []Panel{
		one("Recall", "Macro recall: how often a reason was named first when it was there, each reason counting the same.", Share,
			"SELECT avg(recall) AS recall FROM (SELECT reason, sum(top_1) / sum(contacts) AS recall"+quality+" GROUP BY reason)"),
		one("Brier score", "Squared error over all reasons; lower is better.", Number, "SELECT sum(brier) / nullIf(sum(contacts), 0) AS brier"+quality),
		one("Sure", "Coverage: contacts of which one reason was given a probability of a half and more.", Share, "SELECT sumIf(contacts, bin >= 10) / nullIf(sum(contacts), 0) AS sure"+bins),
		one("Right when sure", "Of these, those whose reason it was.", Share, "SELECT sumIf(top_1, bin >= 10) / nullIf(sumIf(contacts, bin >= 10), 0) AS sure_right"+bins),
		one("Urgent seen", "Urgent recall: of calls for a reason whose urgency is a half and more, those where it was among the first three.", Share,
			"SELECT sum(top_3) / nullIf(sum(contacts), 0) AS urgent"+quality+" AND reason IN (SELECT code FROM ${database}.reasons WHERE urgent >= 0.5)"),
	}
}

// moreActions are further figures of decisions.
func moreActions() []Panel {
	return []Panel{
		one("To choose from", "Optionality: actions that were left when the most valuable one was chosen, on average.", Number,
			"SELECT any(1 + left / nullIf(decisions, 0)) AS choice FROM (SELECT sum(decisions) AS left FROM ${database}.rolled_suppressions WHERE $__dateFilter(day) AND stage = 'arbitration') AS s "+
				"CROSS JOIN (SELECT sum(decided) AS decisions FROM ${database}.rolled_action_funnel WHERE $__dateFilter(day)) AS f"),
		one("Worth", "Value of a decision by the policy's own scale, on average; doing nothing is worth 0.", Number,
			"SELECT sum(score) / nullIf(sum(decided), 0) AS worth FROM ${database}.rolled_action_funnel WHERE $__dateFilter(day)"),
	}
}

// with is a board with further panels.
func (b Board) with(more []Panel) Board {
	b.Panels = append(b.Panels, more...)
	return b
}
