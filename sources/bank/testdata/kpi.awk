# What the bank's log says per type, priority and hour (of the moment at which the outcome was known, by the clock on the
# wall): contacts, queued, abandoned, answered and seconds waited by all that queued. PHANTOM rows are no contacts.
# Usage: zcat 01.txt.gz | awk -f kpi.awk
function at(s, happened,   a, x) { split(s, a, ":"); x = a[1] * 3600 + a[2] * 60 + a[3]; return (x == 0 && !happened) ? 0 : (x < entry - 14400) ? x + 86400 : x }
BEGIN { FS = "\t"; OFS = "\t"; split("31 28 31 30 31 30 31 31 30 31 30 31", days, " ") }
FNR > 1 && $13 != "PHANTOM" {
	gsub(/ /, "", $5); entry = 0; entry = at($7, 1)
	known = at($8, 1); x = at($11, $12 > 0); if (x > known) known = x; x = at($15, $16 > 0); if (x > known) known = x
	month = substr($6, 3, 2) + 0; day = substr($6, 5, 2) + int(known / 86400); if (day > days[month]) { month++; day = 1 }
	k = $5 OFS $4 OFS sprintf("19%s-%02d-%02dT%02d", substr($6, 1, 2), month, day, int(known % 86400 / 3600))
	contacts[k]++; queued[k] += $12 > 0; abandoned[k] += $13 == "HANG" && $12 > 0; answered[k] += $13 == "AGENT"; wait[k] += $12
}
END { for (k in contacts) print k, contacts[k], queued[k], abandoned[k], answered[k], wait[k] }
