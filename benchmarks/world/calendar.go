package world

import "time"

const (
	day = 24 * time.Hour

	// tickMillis is the step of time in which everything is decided.
	tickMillis = 5 * 60_000
	dayTicks   = 288
	hourTicks  = 12
	// preludeDays is how long before the history facts are drawn whose due dates still matter then.
	preludeDays = 43
	// utcOffset of the site's clock, which has no summer time.
	utcOffset = -5 * 3_600_000
	// linkHour is the local hour of the daily run of the identity system.
	linkHour = 3
)

// calendar knows what day and hour a tick is.
type calendar struct {
	// Unix milliseconds of tick 0, a local midnight.
	zero int64
	// The tick in which patients begin to live.
	begin uint32
	// The tick of Config.Start.
	start uint32
	days  []dayKind
	// Unix day of tick 0 by the local clock.
	firstDay int64
}

// dayKind is what the course of a day depends on.
type dayKind uint8

const (
	workday dayKind = iota
	monday
	saturday
	sunday
	// afterHoliday is a workday on which all come who could not the day before.
	afterHoliday
	dayKinds
)

func newCalendar(c *Config) calendar {
	start := c.Start.UnixMilli()
	begin := start - c.History.Milliseconds()
	local := begin + utcOffset
	firstDay := floorDiv(local, 86_400_000) - preludeDays
	k := calendar{zero: firstDay*86_400_000 - utcOffset, firstDay: firstDay}
	k.begin, k.start = uint32((begin-k.zero)/tickMillis), uint32((start-k.zero)/tickMillis)
	return k
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// millis is when a tick begins.
func (k *calendar) millis(tick uint32) int64 { return k.zero + int64(tick)*tickMillis }

// tick is the first tick that begins at or after a time.
func (k *calendar) tick(millis int64) uint32 {
	if millis <= k.zero {
		return 0
	}
	return uint32((millis - k.zero + tickMillis - 1) / tickMillis)
}

// date is a day by the local clock.
func (k *calendar) date(day int) time.Time {
	return time.Unix((k.firstDay+int64(day))*86_400, 0).UTC()
}

// kind is what kind of day a day is. Days are worked out once.
func (k *calendar) kind(day int) dayKind {
	for len(k.days) <= day {
		k.days = append(k.days, kindOf(k.date(len(k.days))))
	}
	return k.days[day]
}

func kindOf(t time.Time) dayKind {
	switch {
	case t.Weekday() == time.Sunday || isHoliday(t):
		return sunday
	case t.Weekday() == time.Saturday:
		return saturday
	case isHoliday(t.AddDate(0, 0, -1)):
		return afterHoliday
	case t.Weekday() == time.Monday:
		return monday
	}
	return workday
}

// isHoliday knows the federal holidays on which clinics are closed.
func isHoliday(t time.Time) bool {
	nth := (t.Day() - 1) / 7
	switch t.Month() {
	case time.January:
		return t.Day() == 1
	case time.May:
		return t.Weekday() == time.Monday && t.Day() > 24
	case time.July:
		return t.Day() == 4
	case time.September:
		return t.Weekday() == time.Monday && nth == 0
	case time.November:
		return t.Weekday() == time.Thursday && nth == 3
	case time.December:
		return t.Day() == 25
	}
	return false
}

// nextLinks is the first run of the identity system after a tick.
func nextLinks(tick uint32) uint32 {
	const at = linkHour * hourTicks
	next := tick/dayTicks*dayTicks + at
	if next <= tick {
		next += dayTicks
	}
	return next
}

// Courses of the day by hour, in percent of the busiest: calls of ordinary needs, calls about symptoms,
// which also come at night, digital acts, deliveries of the health record.
var (
	callCourse = [dayKinds][24]int{
		workday:      {2, 2, 1, 1, 1, 2, 5, 16, 70, 88, 86, 76, 60, 66, 72, 68, 56, 34, 16, 11, 9, 7, 5, 3},
		monday:       {2, 2, 1, 1, 1, 2, 6, 20, 92, 100, 98, 86, 66, 72, 76, 70, 58, 34, 16, 11, 9, 7, 5, 3},
		saturday:     {2, 2, 1, 1, 1, 2, 3, 8, 18, 24, 24, 20, 16, 14, 13, 12, 11, 10, 9, 8, 7, 6, 4, 3},
		sunday:       {2, 2, 1, 1, 1, 2, 3, 5, 9, 12, 13, 12, 11, 11, 11, 11, 11, 11, 10, 9, 8, 6, 4, 3},
		afterHoliday: {2, 2, 1, 1, 1, 2, 6, 22, 96, 100, 100, 92, 70, 76, 80, 74, 60, 35, 16, 11, 9, 7, 5, 3},
	}
	symptomCourse = [dayKinds][24]int{
		workday:      {20, 16, 14, 13, 15, 20, 28, 45, 74, 80, 76, 68, 60, 62, 64, 62, 60, 62, 58, 52, 46, 40, 32, 25},
		monday:       {22, 18, 15, 14, 16, 22, 30, 50, 88, 94, 86, 74, 64, 66, 68, 64, 62, 62, 58, 52, 46, 40, 32, 25},
		saturday:     {26, 22, 19, 18, 20, 26, 34, 50, 78, 92, 96, 90, 82, 78, 74, 72, 70, 66, 60, 54, 48, 42, 36, 30},
		sunday:       {28, 24, 20, 19, 20, 24, 30, 42, 58, 68, 72, 70, 66, 64, 62, 62, 62, 62, 58, 52, 46, 40, 34, 28},
		afterHoliday: {22, 18, 15, 14, 16, 22, 32, 54, 92, 98, 90, 78, 66, 68, 70, 66, 62, 62, 58, 52, 46, 40, 32, 25},
	}
	digitalCourse = [dayKinds][24]int{
		workday:      {10, 6, 4, 4, 5, 10, 28, 52, 72, 80, 78, 74, 76, 72, 70, 68, 66, 68, 74, 84, 90, 76, 48, 22},
		monday:       {12, 7, 5, 5, 6, 12, 32, 58, 80, 88, 86, 80, 80, 76, 74, 70, 68, 70, 76, 86, 92, 78, 48, 22},
		saturday:     {14, 9, 6, 5, 5, 8, 16, 30, 48, 60, 66, 66, 62, 58, 56, 54, 54, 54, 56, 60, 62, 54, 38, 24},
		sunday:       {16, 10, 7, 6, 5, 8, 14, 26, 42, 54, 60, 60, 58, 56, 56, 56, 58, 62, 68, 78, 84, 72, 46, 22},
		afterHoliday: {12, 7, 5, 5, 6, 12, 34, 60, 82, 90, 88, 82, 82, 78, 76, 72, 70, 70, 76, 86, 92, 78, 48, 22},
	}
	factCourse = [dayKinds][24]int{
		workday:      {2, 2, 2, 3, 5, 12, 30, 55, 80, 95, 100, 92, 80, 88, 95, 96, 88, 70, 45, 28, 16, 8, 4, 2},
		monday:       {2, 2, 2, 3, 5, 12, 30, 60, 88, 100, 100, 96, 84, 92, 98, 98, 90, 72, 46, 28, 16, 8, 4, 2},
		saturday:     {2, 2, 2, 2, 3, 5, 9, 14, 18, 20, 20, 18, 16, 15, 15, 14, 12, 10, 8, 6, 4, 3, 2, 2},
		sunday:       {2, 2, 2, 2, 3, 4, 6, 8, 10, 11, 11, 11, 10, 10, 10, 10, 9, 8, 7, 6, 4, 3, 2, 2},
		afterHoliday: {2, 2, 2, 3, 5, 12, 30, 60, 88, 100, 100, 96, 84, 92, 98, 98, 90, 72, 46, 28, 16, 8, 4, 2},
	}
)
