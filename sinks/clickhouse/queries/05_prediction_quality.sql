-- Is the prediction at the start of a call worth anything? Beside it, what always saying the commonest reasons would
-- have got right.
SELECT
    model_version,
    sum(q.contacts) AS scored,
    round(sum(q.top_1) / scored, 3) AS top_1_rate,
    round(sum(q.top_3) / scored, 3) AS top_3_rate,
    round(sum(q.baseline_top_1) / scored, 3) AS always_commonest,
    round(sum(q.baseline_top_3) / scored, 3) AS always_three_commonest,
    round(sum(q.log_loss) / scored, 3) AS mean_log_loss,
    round(sum(q.baseline_log_loss) / scored, 3) AS baseline_mean_log_loss,
    round(sum(q.brier) / scored, 3) AS mean_brier
FROM attune.prediction_quality AS q
GROUP BY model_version
ORDER BY model_version
