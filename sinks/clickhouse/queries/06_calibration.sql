-- When it says 0.8, is it right in 8 of 10 cases? Expected calibration error over 20 bins, per model version.
SELECT
    model_version,
    sum(n) AS scored,
    round(sum(abs(hits - sure)) / scored, 4) AS expected_calibration_error,
    arraySort(groupArray((bin, n, round(sure / n, 2), round(hits / n, 2)))) AS bin_n_said_true
FROM
(
    SELECT model_version, bin, sum(c.contacts) AS n, sum(c.top_1) AS hits, sum(c.confidence) AS sure
    FROM attune.prediction_calibration AS c
    GROUP BY model_version, bin
)
GROUP BY model_version
ORDER BY model_version
