package boards

// ofDay makes a moment of a day of the site, for an axis of time.
const ofDay = "toDateTime(toString(day), '${zone}')"

const levels = " FROM ${database}.service_levels WHERE $__timeFilter(hour) AND " + OfQueues

func today() Board {
	return Board{
		Name: "today", Title: "Today", From: "now/d", Queues: true,
		About: "What people call about right now, how long they wait, and who had tried online first.",
		Panels: []Panel{
			one("Calls", "Contacts that stood in a queue and are over.", Number, "SELECT sum(offered) AS calls"+levels),
			one("Answered in 30 s", "Service level: answered within 30 s, of those answered or given up after 30 s.", Share,
				"SELECT sum(answered_in_30) / nullIf(sum(answered) + sum(abandoned_after_30), 0) AS level"+levels),
			one("Gave up", "Abandoned, of all that stood in a queue.", Share, "SELECT sum(abandoned) / nullIf(sum(offered), 0) AS abandoned"+levels),
			one("Wait", "Mean wait of those answered.", Seconds, "SELECT sum(wait_answered_seconds) / nullIf(sum(answered), 0) AS wait"+levels),
			one("Last resorts", "Calls after failed steps on the website or in the app in the 24 hours before.", Share,
				"SELECT sum(last_resort) / nullIf(sum(offered), 0) AS last_resort"+levels),
			one("Again", "Calls of persons who had called for the same reason in the 7 days before.", Share, "SELECT sum(repeats) / nullIf(sum(offered), 0) AS repeats"+levels),
			lines("Calls by hour", "Hours of the site.", Number,
				"SELECT hour AS time, sum(offered) AS offered, sum(answered) AS answered, sum(abandoned) AS abandoned, sum(last_resort) AS `last resorts`"+levels+" GROUP BY time ORDER BY time"),
			lines("Waits", "Mean wait of those answered, and the longest of all.", Seconds,
				"SELECT hour AS time, sum(wait_answered_seconds) / nullIf(sum(answered), 0) AS mean, max(longest_wait_seconds) AS longest"+levels+" GROUP BY time ORDER BY time"),
			rows("Why they call", "By reason of the disposition; empty is not concluded yet.", false,
				"SELECT "+reasonWords+", sum(offered) AS calls, sum(last_resort) / nullIf(calls, 0) AS `last resorts`, sum(repeats) / nullIf(calls, 0) AS again, "+
					"sum(abandoned) / nullIf(calls, 0) AS `gave up`, sum(wait_answered_seconds) / nullIf(sum(answered), 0) AS `wait, s`"+levels+" GROUP BY reason ORDER BY calls DESC",
				"last resorts", "again", "gave up"),
			rows("What failed before they called", "Steps that failed in the 24 hours before calls, by page.", false, failedPages+" AND "+OfQueues+pagesEnd),
		},
	}
}

const (
	failedPages = "SELECT page, event, channel, uniqExact(contact_key, contact_id) AS calls, count() AS steps FROM ${database}.last_resort_contacts " +
		"ARRAY JOIN `steps.page` AS page, `steps.event` AS event, `steps.channel` AS channel WHERE $__timeFilter_ms(started_at)"
	pagesEnd = " GROUP BY page, event, channel ORDER BY calls DESC, page, event, channel LIMIT 20"
)

func lastResort() Board {
	const first = " FROM ${database}.rolled_digital_first WHERE $__dateFilter(day)"
	const queued = " FROM ${database}.rolled_service_levels WHERE $__timeFilter(hour)"
	return Board{
		Name: "last-resort", Title: "Last resort", From: "now-30d",
		About: "Which calls were a last resort: who had tried to help themselves, where they failed, and what became of them.",
		Panels: []Panel{
			one("Last resorts", "Calls after failed steps in the 24 hours before, of all that stood in a queue.", Share, "SELECT sum(last_resort) / nullIf(sum(offered), 0) AS last_resort"+queued),
			one("Last-resort index", "Failed steps before a call, on average.", Number, "SELECT sum(failed_steps) / nullIf(sum(offered), 0) AS failed_steps"+queued),
			one("Digital first", "Calls after a step online for the same reason within 24 hours, failed or not.", Share, "SELECT sum(digital_24h) / nullIf(sum(contacts), 0) AS digital"+first),
			one("Agent knew", "Of those, calls of which an agent was shown an action.", Share, "SELECT sum(shown) / nullIf(sum(digital_24h), 0) AS shown"+first),
			one("Resolved at once", "First-contact resolution within 7 days, of contacts of which that is known.", Share,
				"SELECT sum(resolved_7) / nullIf(sum(judged_7), 0) AS resolved FROM ${database}.rolled_resolution_rates WHERE $__dateFilter(day)"),
			one("Contained", "Sessions with voice menu or chatbot after which no agent was asked for within 24 hours.", Share,
				"SELECT sum(contained) / nullIf(sum(sessions), 0) AS contained FROM ${database}.rolled_containment WHERE $__dateFilter(day)"),
			lines("Calls after digital steps", "Share of calls, by day of the site.", Share,
				"SELECT "+ofDay+" AS time, sum(last_resort) / sum(contacts) AS `after a failure, 24 h`, sum(digital_24h) / sum(contacts) AS `same reason, 24 h`, "+
					"sum(digital_2h) / sum(contacts) AS `2 h`, sum(digital_15m) / sum(contacts) AS `15 min`"+first+" GROUP BY time ORDER BY time"),
			lines("Containment", "Share of sessions that needed no agent within 24 hours, by day.", Share,
				"SELECT "+ofDay+" AS time, sumIf(contained, place = 'voice_menu') / nullIf(sumIf(sessions, place = 'voice_menu'), 0) AS `voice menu`, "+
					"sumIf(contained, place = 'chatbot') / nullIf(sumIf(sessions, place = 'chatbot'), 0) AS chatbot FROM ${database}.rolled_containment WHERE $__dateFilter(day) GROUP BY time ORDER BY time"),
			rows("By reason", "", false, "SELECT "+reasonWords+", sum(contacts) AS calls, sum(last_resort) / calls AS `last resorts`, sum(failed_steps) / calls AS `failed steps`, "+
				"sum(digital_24h) / calls AS `digital first`"+first+" GROUP BY reason ORDER BY calls DESC", "last resorts", "digital first"),
			rows("Pages that cause calls", "Steps that failed in the 24 hours before calls.", false, "SELECT page, event, channel, sum(contacts) AS calls, sum(v.steps) AS steps FROM ${database}.rolled_failed_pages AS v WHERE $__dateFilter(day)"+pagesEnd),
			rows("From channel to channel", "What patients did next on the same day, and how soon.", false,
				"SELECT from_channel AS `from`, to_channel AS `to`, sum(touchpoints) AS times, sum(seconds) / times AS `after, s` FROM ${database}.rolled_channel_switches "+
					"WHERE $__dateFilter(day) GROUP BY from_channel, to_channel ORDER BY times DESC"),
			rows("Resolution by reason", "First-contact resolution within 1 and 7 days.", false,
				"SELECT "+reasonWords+", sum(contacts) AS calls, sum(resolved_1) / nullIf(sum(judged_1), 0) AS `1 day`, sum(resolved_7) / nullIf(sum(judged_7), 0) AS `7 days`, "+
					"sum(repeats) / calls AS again FROM ${database}.rolled_resolution_rates WHERE $__dateFilter(day) GROUP BY reason ORDER BY calls DESC", "1 day", "7 days", "again"),
		},
	}
}
