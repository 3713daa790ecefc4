package boards

// Unit is what a figure is in.
type Unit string

// Units, as all faces know them.
const (
	// Share is a part of one.
	Share Unit = "share"
	// Seconds is a time.
	Seconds Unit = "seconds"
	// Number counts.
	Number Unit = "number"
)

// Kind is how a panel shows what its query gives.
type Kind string

// Kinds of panels.
const (
	// Figure is one number: one row of one column, NULL where there is nothing to divide by.
	Figure Kind = "figure"
	// Lines are figures over time: a column time, and a column for each line.
	Lines Kind = "lines"
	// Bars are figures side by side: the first column names them.
	Bars Kind = "bars"
	// Table shows rows as they are.
	Table Kind = "table"
)

// Panel is one query, and how its answer is shown.
type Panel struct {
	Title, About string
	Kind         Kind
	// Unit is that of all figures of the panel; of a table's only those columns that Shares names.
	Unit Unit
	// SQL has the macros of Span.Expand.
	SQL    string
	Shares []string
	// Wide panels take the whole width, others half; figures a sixth.
	Wide bool
}

// Board is a page of panels about one question.
type Board struct {
	// Name is in addresses, Title for people.
	Name, Title, About string
	// From is what it shows when it is opened, in Grafana's words: now/d, now-30d.
	From string
	// Queues says that it can be limited to some of the queues.
	Queues bool
	Panels []Panel
}

// All are the boards, in the order in which they are offered. The first and the last show this moment; what the others show are
// days that are kept (views rolled_...), and say of when.
func All() []Board {
	out := []Board{today()}
	for _, b := range []Board{lastResort(), reasons(), handling(), predictions().with(morePredictions()), actions().with(moreActions()), equity()} {
		out = append(out, b.with([]Panel{figuresAge()}))
	}
	return append(out, data())
}

// figuresAge is since when the days that a board shows were not computed: they are not those of this moment.
func figuresAge() Panel {
	return one("As of", "How long ago the newest days of these figures were computed (of those for which it is longest). What has come since is not in them.", Seconds,
		"SELECT dateDiff('second', min(as_of), now()) AS age FROM ${database}.rolled")
}

func one(title, about string, unit Unit, sql string) Panel {
	return Panel{Title: title, About: about, Kind: Figure, Unit: unit, SQL: sql}
}

func lines(title, about string, unit Unit, sql string) Panel {
	return Panel{Title: title, About: about, Kind: Lines, Unit: unit, SQL: sql}
}

func bars(title, about string, unit Unit, sql string) Panel {
	return Panel{Title: title, About: about, Kind: Bars, Unit: unit, SQL: sql}
}

func rows(title, about string, wide bool, sql string, shares ...string) Panel {
	return Panel{Title: title, About: about, Kind: Table, SQL: sql, Shares: shares, Wide: wide}
}
