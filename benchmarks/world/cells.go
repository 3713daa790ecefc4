package world

// A cell is a stage of an episode and a bin of its duration.
type cell struct {
	// Probability in one tick, at the busiest hour, that the patient acts; of an ordinary and of an urgent need.
	act, urgent float64
	// Of acts, the share that are digital, of an ordinary need; negative: as the need's own.
	digital float64
	// Probability that the need goes away or is met elsewhere.
	leave float64
	// Probability that the next bin of the stage follows; in the last one, that the episode ends.
	advance float64
	// The last bin of its stage.
	last bool
	// The stage after an attempt that did not solve the need.
	unsolved uint8
}

// The first cells of the stages.
const (
	latent   = 0
	waiting1 = 3
	waiting2 = 6
	redial   = 9
	repeat   = 11
	allCells = 13
	// digitalCells are those that a patient can be in who has not called.
	digitalCells = 9
	// idle is the cell number of a patient without an episode.
	idle = 255
)

var cells = [allCells]cell{
	{act: .110, urgent: .55, digital: -1, leave: .001, advance: .045, unsolved: waiting1},
	{act: .030, urgent: .10, digital: -1, leave: .001, advance: .010, unsolved: waiting1},
	{act: .008, urgent: .03, digital: -1, leave: .001, advance: .005, last: true, unsolved: waiting1},
	{act: .240, urgent: .55, digital: .26, leave: .010, advance: .080, unsolved: waiting2},
	{act: .050, urgent: .10, digital: .26, leave: .003, advance: .014, unsolved: waiting2},
	{act: .010, urgent: .03, digital: .30, leave: .002, advance: .008, last: true, unsolved: waiting2},
	{act: .270, urgent: .60, digital: .16, leave: .014, advance: .080, unsolved: waiting2},
	{act: .045, urgent: .10, digital: .18, leave: .008, advance: .020, unsolved: waiting2},
	{act: .012, urgent: .03, digital: .18, leave: .003, advance: .010, last: true, unsolved: waiting2},
	{act: .340, urgent: .70, digital: .08, leave: .010, advance: .120, unsolved: waiting1},
	{act: .030, urgent: .10, digital: .15, leave: .006, advance: .020, last: true, unsolved: waiting1},
	{act: .006, urgent: .10, digital: .30, leave: .001, advance: .006, unsolved: waiting1},
	{act: .003, urgent: .05, digital: .30, leave: .0005, advance: .001, last: true, unsolved: waiting1},
}

// What becomes of attempts and calls, in percent.
const (
	failsUsually  = 50
	failsInOutage = 96
	// Of attempts that worked, and of those that failed, which solve the need.
	solvedWorked = 84
	solvedFailed = 10

	contained = 6
	// Abandoned calls that are dialled again, and answered ones that are repeated.
	redialled = 70
	repeated  = 20
	// Repeats about the same need.
	sameNeed = 80
	// Urgent symptoms whose callers choose the urgent line in the menu.
	urgentMenu = 30
)

// Sessions without a purpose, a year and patient, and how many of 100 of them are routine: a script that
// works. The rest is browsing.
const (
	idleSessions = 13
	routineShare = 45
)

// How many of 100 sessions are hidden, by what is done in them, and how many of the hidden ones a link
// reveals later.
const (
	hiddenApp     = 10
	hiddenLogin   = 50
	hiddenPortal  = 18
	hiddenPublic  = 45
	revealedShare = 40
)
