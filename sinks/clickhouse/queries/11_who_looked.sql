-- Who was shown how many patients on the desk, day by day, and how many of them while they were not in contact?
SELECT day, who, reads, persons, persons_without_contact, reads_without_purpose
FROM attune.reads_by_day
ORDER BY day DESC, persons DESC
LIMIT 30
