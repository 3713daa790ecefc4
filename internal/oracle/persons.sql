-- Whose each identifier is after the last link. An unlink counts where it names the patient that has the identifier. An
-- identifier that has stood for a patient of its own is not linked away any more: that would be a merge.
CREATE TEMPORARY TABLE linked AS
WITH patients AS (SELECT subject, min(place) AS since FROM links WHERE op = 'link' GROUP BY subject)
SELECT
    l.identifier AS identifier,
    arrayFold((patient, l) -> multiIf(l.op = 'link', l.subject, patient = l.subject, '', patient),
        arraySort(l -> l.place, groupArray(CAST((l.place, l.op, l.subject), 'Tuple(place Int64, op String, subject String)'))), '') AS patient
FROM links AS l
LEFT JOIN patients AS p ON p.subject = l.identifier
WHERE l.identifier != l.subject AND (p.subject = '' OR l.place < p.since)
GROUP BY identifier
HAVING patient != '';

-- A patient's own number may have been another patient's identifier before.
CREATE TEMPORARY TABLE persons AS
SELECT a.identifier AS identifier, if(b.patient != '', b.patient, a.patient) AS person
FROM linked AS a LEFT JOIN linked AS b ON b.identifier = a.patient;
