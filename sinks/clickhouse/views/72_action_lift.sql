-- An experiment's arms side by side: of the persons about whom the draw decided, how many made contact afterwards. The
-- interval is Newcombe's for a difference of two proportions (Statistics in Medicine 17, 1998, method 10: Wilson's, without
-- continuity correction): where it holds 0, nothing is shown.
CREATE OR REPLACE VIEW {db}.action_lift
(
    `action` LowCardinality(String) COMMENT 'Catalogue id of the action that one arm got and the other did not.',
    `policy_version` LowCardinality(String) COMMENT 'Catalogue and rules.',
    `treated` UInt64 COMMENT 'Decisions of the arm treatment, 7 days or more before the newest contact.',
    `treated_contacts` UInt64 COMMENT 'Of them, those whose person began a contact in the 7 days after.',
    `held_out` UInt64 COMMENT 'The same of the arm holdout.',
    `held_out_contacts` UInt64 COMMENT 'Of them, those whose person began a contact in the 7 days after.',
    `difference` Float64 COMMENT 'Share of contacts among the treated less that among those held out: below 0, the action spared contacts. 0 where an arm is empty.',
    `low` Float64 COMMENT 'Lower end of its interval of 95 %; -1 where an arm is empty.',
    `high` Float64 COMMENT 'Upper end; 1 where an arm is empty.'
)
AS SELECT
    action, policy_version, n_t AS treated, x_t AS treated_contacts, n_h AS held_out, x_h AS held_out_contacts,
    if(none, 0, p_t - p_h) AS difference,
    if(none, -1, p_t - p_h - sqrt(pow(p_t - low_t, 2) + pow(high_h - p_h, 2))) AS low,
    if(none, 1, p_t - p_h + sqrt(pow(high_t - p_t, 2) + pow(p_h - low_h, 2))) AS high
FROM
(
    SELECT
        action, policy_version,
        sum(a.treated) AS n_t, sum(a.treated_contacts) AS x_t, sum(a.held_out) AS n_h, sum(a.held_out_contacts) AS x_h,
        n_t = 0 OR n_h = 0 AS none, 1.959963984540054 AS z,
        x_t / greatest(n_t, 1) AS p_t, x_h / greatest(n_h, 1) AS p_h,
        z * sqrt(p_t * (1 - p_t) / greatest(n_t, 1) + z * z / (4 * greatest(n_t, 1) * greatest(n_t, 1))) AS half_t,
        z * sqrt(p_h * (1 - p_h) / greatest(n_h, 1) + z * z / (4 * greatest(n_h, 1) * greatest(n_h, 1))) AS half_h,
        (p_t + z * z / (2 * greatest(n_t, 1)) - half_t) / (1 + z * z / greatest(n_t, 1)) AS low_t,
        (p_t + z * z / (2 * greatest(n_t, 1)) + half_t) / (1 + z * z / greatest(n_t, 1)) AS high_t,
        (p_h + z * z / (2 * greatest(n_h, 1)) - half_h) / (1 + z * z / greatest(n_h, 1)) AS low_h,
        (p_h + z * z / (2 * greatest(n_h, 1)) + half_h) / (1 + z * z / greatest(n_h, 1)) AS high_h
    FROM {db}.action_arms AS a
    GROUP BY action, policy_version
)
COMMENT 'What actions changed: contacts of the treated beside those of the held out, with an interval of 95 %.';
