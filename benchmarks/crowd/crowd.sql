-- {n} touchpoints of {n}/30 persons over 85 days from {begins} on, shaped like those of patients: sessions of ten, a third of them ending
-- in a call of four steps; a tenth of the digital steps fail, and half of the sessions are under a cookie that was linked
-- later. {from} and {to} are the sessions of this portion.
INSERT INTO {db}.touchpoints (log, event_id, occurred_at, received_at, channel, contact_id, language, event, page, reason, results, dwell_ms, queue, priority,
    wait_ms, talk_ms, queued, answered, abandoned, person_ref, shard, epoch, ingested_at, record_topic, record_offset, version)
WITH
    number * 10 AS first, arrayJoin(range(10)) AS k, first + k AS offset,
    cityHash64(number, 'p') % intDiv({n}, 30) AS person,
    toDateTime64({begins}, 3, 'UTC') + toIntervalMillisecond(cityHash64(number, 't') % (85 * 86400000)) + toIntervalSecond(k * 20) AS at,
    number % 3 = 0 AND k > 5 AS calling,
    number % 4 = 0 AS gave_up,
    cityHash64(number, 'c') % 2 = 0 AND NOT calling AS anonymous,
    cityHash64(offset, 'f') % 100 AS luck
SELECT
    {log}, concat('journeys/e-', toString(cityHash64(offset, 'e'))), at, at,
    multiIf(calling, 'call', luck < 10 AND k = 5, 'ehr', number % 5 < 3, 'web', 'app'),
    if(calling, concat('c-', toString(number)), ''), ['es', 'en', 'en', ''][person % 4 + 1],
    multiIf(calling, ['self_service', 'queued', if(gave_up, 'abandoned', 'answered'), 'disposition'][k - 5], luck < 10 AND k = 5, 'result_final',
        luck < 5, 'form_error', luck < 8, 'login_failed', luck < 10, 'search', luck < 12 AND number % 5 >= 3, if(luck < 11, 'chatbot_resolved', 'chatbot_failed'), 'page_view'),
    if(calling, '', concat('page/', toString(cityHash64(offset, 'g') % 60))),
    if(calling AND k < 9, '', concat('R0', toString(1 + cityHash64(number, 'r') % 9))),
    if(luck BETWEEN 8 AND 9, 0, -1), 1000, if(calling, ['general', 'pharmacy', 'east', 'west'][number % 4 + 1], ''), number % 3,
    if(calling, cityHash64(number, 'w') % 300000, 0), if(calling AND NOT gave_up, 180000, 0), calling AND k = 9, calling AND k = 9 AND NOT gave_up, calling AND k = 9 AND gave_up,
    concat(if(anonymous, 'pseudo-', 'person-'), toString(person)), concat(if(anonymous, 'cookie-', 'shard-'), toString(person)), 0, at, 'attune.identified', offset, 18446744073709551614 - offset
FROM numbers({from}, {to} - {from});

INSERT INTO {db}.actions (log, decision_id, delivered, person_ref, contact_ref, contact_key, as_of, trigger_id, reasons.code, reasons.p, last_resort,
    receipt.action, receipt.stage, receipt.rule, action_id, action_treatment, action_channel, action_propensity, arm, exposed, policy_version, record_offset, version)
WITH toDateTime64({begins}, 3, 'UTC') + toIntervalMillisecond(cityHash64(number, 't') % (85 * 86400000)) + toIntervalSecond(120) AS at
SELECT {log}, concat('d-', toString(number)), number % 5 > 0, concat('person-', toString(cityHash64(number, 'p') % intDiv({n}, 30))),
    if(number % 3 = 0, concat('c-', toString(number)), ''), if(number % 3 = 0, concat('journeys/e-', toString(cityHash64(number * 10 + 6, 'e'))), ''), at, concat('journeys/e-', toString(cityHash64(number * 10 + 6, 'e'))), ['R01', 'R02', 'R03'], [0.5, 0.2, 0.1], number % 3 = 0 AND number % 2 = 0,
    arrayMap(x -> concat('A', toString(x)), range(30)), arrayMap(x -> ['eligibility', 'consent', 'fatigue', 'score'][x % 4 + 1], range(30)), arrayMap(x -> concat('rule-', toString(x % 11)), range(30)),
    concat('A0', toString(number % 8)), '', 'agent', if(number % 7 = 0, 0.9, 1), if(number % 10 = 0, 'holdout', 'treatment'), if(number % 4 = 0, 'A02', ''), 'policy-1', number, number
FROM numbers({from}, {to} - {from});

INSERT INTO {db}.predictions (log, prediction_id, person_ref, as_of, trigger_id, channel, contact_ref, contact_key, phase, model_version, taxonomy_version, reasons.code, reasons.p, record_offset, version)
WITH toDateTime64({begins}, 3, 'UTC') + toIntervalMillisecond(cityHash64(number, 't') % (85 * 86400000)) + toIntervalSecond(120) AS at
SELECT {log}, concat('pr-', toString(number)), concat('person-', toString(cityHash64(number, 'p') % intDiv({n}, 30))), at, concat('journeys/e-', toString(cityHash64(number * 10 + 6, 'e'))), if(number % 3 = 0, 'call', 'web'),
    if(number % 3 = 0, concat('c-', toString(number)), ''), if(number % 3 = 0, concat('journeys/e-', toString(cityHash64(number * 10 + 6, 'e'))), ''), if(number % 3 = 0, 'contact_start', 'update'), concat('nb-', toString(intDiv(cityHash64(number, 't') % (85 * 86400000), 30 * 86400000))), 'health-1',
    arrayMap(x -> concat('R0', toString(1 + (x + number) % 9)), range(9)), [0.4, 0.2, 0.1, 0.08, 0.07, 0.05, 0.04, 0.03, 0.03], number, number
FROM numbers({from}, {to} - {from});

INSERT INTO {db}.outcomes (event_id, decision_id, occurred_at, outcome, action, record_offset, version)
WITH toDateTime64({begins}, 3, 'UTC') + toIntervalMillisecond(cityHash64(number, 't') % (85 * 86400000)) + toIntervalSecond(130) AS at
SELECT concat('o-', toString(number)), concat('d-', toString(number)), at, ['shown', 'accepted', 'rejected'][number % 3 + 1], 'A01', number, number
FROM numbers({from}, {to} - {from}) WHERE number % 2 = 0;

INSERT INTO {db}.shard_moves (log, shard, epoch, person_ref, at, record_offset, version)
SELECT {log}, concat('cookie-', toString(number)), 1, concat('person-', toString(number)), toDateTime64({linked}, 3, 'UTC'), number, number
FROM numbers(intDiv({from}, 3), intDiv({to} - {from}, 3));

INSERT INTO {db}.aggregates (aggregate, window_start, window_end, channel, reason, priority, log, partition, epoch, revision, pane, basis, watermark,
    touchpoints, contacts, queued, abandoned, answered, wait_ms, wait_answered_ms, talk_ms, last_resort, persons, version)
WITH toDateTime64({begins}, 3, 'UTC') + toIntervalHour(number % (85 * 24)) AS at
SELECT 'contacts', at, at + toIntervalHour(1), 'call', concat('R0', toString(1 + intDiv(number, 85 * 24) % 9)), number % 3, {log}, intDiv(number, 85 * 24 * 9) % 8, 1, 1, 'on_time', 'real', at + toIntervalHour(if(number % (85 * 24) > 85 * 24 - 3, 0, 2)),
    3, 3, 2, 1, 1, 60000, 20000, 180000, 1, 3, 1
FROM numbers({from}, {to} - {from}) WHERE number < 85 * 24 * 9 * 8;

-- What a session's own steps say of its call; of other sessions of the day before nothing is known here.
INSERT INTO {db}.contact_facts (log, contact_id, contact_key, person_ref, channel, started_at, concluded_at, concluded, reason, priority, queue, queued, abandoned, answered,
    wait_ms, talk_ms, last_resort, failed_steps, repeat, revision, final, self_contained, `steps.at`, `steps.channel`, `steps.kind`, `steps.page`, `steps.reason`, `steps.event_id`,
    digital_at, language, record_offset, version)
WITH
    toDateTime64({begins}, 3, 'UTC') + toIntervalMillisecond(cityHash64(number, 't') % (85 * 86400000)) AS at,
    number % 4 = 0 AS gave_up,
    cityHash64(number, 'p') % intDiv({n}, 30) AS person,
    concat('R0', toString(1 + cityHash64(number, 'r') % 9)) AS reason,
    number % 5 >= 3 AS in_app,
    arrayMap(k -> cityHash64(number * 10 + k, 'f') % 100, range(6)) AS luck,
    arrayFilter(k -> luck[k + 1] < 10 AND k < 5 OR luck[k + 1] = 11 AND in_app, range(6)) AS failed
SELECT {log}, concat('c-', toString(number)), concat('journeys/e-', toString(cityHash64(number * 10 + 6, 'e'))), concat('person-', toString(person)), 'call', at + toIntervalSecond(120), at + toIntervalSecond(180), true,
    reason, number % 3, ['general', 'pharmacy', 'east', 'west'][number % 4 + 1], true, gave_up, NOT gave_up,
    cityHash64(number, 'w') % 300000, if(gave_up, 0, 180000), notEmpty(failed), length(failed), number % 17 = 0, 1, true,
    true, arrayMap(k -> at + toIntervalSecond(k * 20), failed), arrayMap(k -> if(in_app, 'app', 'web'), failed),
    arrayMap(k -> multiIf(luck[k + 1] < 5, 'form_error', luck[k + 1] < 8, 'login_failed', luck[k + 1] < 10, 'search_empty', 'chatbot_failed'), failed),
    arrayMap(k -> concat('page/', toString(cityHash64(number * 10 + k, 'g') % 60)), failed), arrayMap(k -> reason, failed),
    arrayMap(k -> concat('journeys/e-', toString(cityHash64(number * 10 + k, 'e'))), failed),
    at + toIntervalSecond(if(luck[6] < 10, 80, 100)), ['es', 'en', 'en', ''][person % 4 + 1], number, 4294967297
FROM numbers({from}, {to} - {from}) WHERE number % 3 = 0;
