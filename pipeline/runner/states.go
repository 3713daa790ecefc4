package runner

// workerState says what a worker may do with its producer and its tasks.
//
//	           prepare                     any error
//	workerVoid ───────────► workerReady ───────────────► workerVoid
type workerState uint8

const (
	// workerVoid: the producer may have something open, and what it sends may be refused. Nothing that is
	// not committed counts, so that no task runs. The next prepare initialises the producer, which aborts
	// what was open or is fenced itself, and makes the worker ready.
	workerVoid workerState = iota
	// workerReady: the producer is initialised, and nothing has failed since. Tasks that run are ahead of
	// their last commit by what the producer has not sealed, or has under way. The end of a generation
	// leaves the worker ready, so that tasks that stay keep their state. An error voids it.
	workerReady
)

// taskState says whose a worker's task is.
//
//	             prepare                 handover                 not committed as we know it: prepare
//	taskVoid ───────────► taskRestoring ─────────► taskRunning ──────────────────────► taskRestoring
//	   ▲                       │                        │
//	   └───────────────────────┴────── any error ───────┘
//
//	                        handover, replay differed        prepare
//	           taskRestoring ─────────────────► taskStopped ─────────► taskRestoring
type taskState uint8

const (
	// taskVoid: nothing is known of the task but its name, and perhaps how much of its changelog was read
	// before (stood). It is so when it is assigned, and after any error of the worker.
	taskVoid taskState = iota
	// taskRestoring: the restorer has the task, its offsets and what was read of its changelog to itself;
	// the worker looks at none of them. It hands the task over when it stands at its last commit. If the
	// generation ends before that, the restorer is halted, and what it has read stays.
	taskRestoring
	// taskRunning: the task is in the state of its last commit or ahead of it, and is the worker's. It
	// goes on in the next generation if the group has the commit that we know as the last; if it has
	// another, somebody else has run the task meanwhile, and it is restored.
	taskRunning
	// taskStopped: the task's replay came out otherwise than what was sent, and somebody has to decide. It
	// takes nothing and commits nothing, so that nothing is lost; the worker's others go on. The next
	// generation, or the next error of the worker, restores it once more.
	taskStopped
)

// commitState says how far a worker's transaction is. While the worker collects and seals (seal), it does
// nothing else, so that nobody sees a state between the two.
type commitState uint8

const (
	// commitNone: no commit is under way. The worker may collect and seal one.
	commitNone commitState = iota
	// commitSent: a commit is sealed and on its way, in a goroutine of its own. The tasks go on; what they
	// do belongs to the next one. Its answer makes it stand (committed), or voids the worker. No other is
	// begun before.
	commitSent
)
