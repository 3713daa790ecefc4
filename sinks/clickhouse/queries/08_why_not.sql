-- Receipts: what kept actions from being chosen? Consent, quiet hours and fatigue are all here, rule by rule.
SELECT
    stage,
    rule,
    count() AS removals,
    uniqExact(action) AS actions,
    topK(3)(action) AS mostly
FROM attune.current_actions
ARRAY JOIN `receipt.action` AS action, `receipt.stage` AS stage, `receipt.rule` AS rule
GROUP BY stage, rule
ORDER BY removals DESC
LIMIT 30
