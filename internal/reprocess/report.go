package reprocess

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/attune-health/attune/internal/exit"
)

// shown is how many differences are listed on the terminal.
const shown = 20

// meanings say what a class is to whoever reads the counts.
var meanings = map[class]string{
	classUnexplained: "both have read the same and decide otherwise, or one has not decided for a contact",
	classAlone:       "in one only, for no reason that shows: mostly the order of links, consents and steps",
	classBehind:      "one of them was behind on a channel, mostly the live one, and said so",
	classOrder:       "other touchpoints, consents or links had been read by then",
	classPolicy:      "another version of catalogue or taxonomy",
	classModel:       "another model: each generation learns its own",
	classFollows:     "another decision for the patient differs within a day, for a known cause",
	classUntold:      "in one only, not delivered: nobody was told anything",
	classOutside:     "before the history, or later than what both have got to",
}

// report tells the counts, then the first differences: ids and classes only, since what decisions say is
// health information.
func (c *comparison) report(out io.Writer, generation string) (unexplained int) {
	slices.SortFunc(c.differences, func(a, b difference) int {
		return cmp.Or(cmp.Compare(slices.Index(classes, a.class), slices.Index(classes, b.class)), strings.Compare(a.id, b.id))
	})
	unexplained = c.count(classUnexplained)
	fmt.Fprintf(out, "Decisions: %d in both generations are the same, %d differ or are in one only.\n", c.same, len(c.differences))
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, of := range classes {
		if n := c.count(of); n > 0 {
			fmt.Fprintf(w, "  %s\t%d\t%s\n", of, n, meanings[of])
		}
	}
	for i := range min(shown, len(c.differences)) {
		if i == 0 {
			fmt.Fprintln(w, "  DECISION\tCLASS\tIN\tWHAT DIFFERS")
		}
		d := &c.differences[i]
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", d.id, d.class, where(d.in, generation), strings.Join(d.aspects, ","))
	}
	_ = w.Flush() // of a terminal
	if n := len(c.differences); n > shown {
		fmt.Fprintf(out, "  and %d more: --differences FILE writes all\n", n-shown)
	}
	final, differing := c.contactsDiffer()
	fmt.Fprintf(out, "Contacts: the figures of %d are final, %d of them differ.\n", final, len(differing))
	for _, id := range differing[:min(shown, len(differing))] {
		fmt.Fprintf(out, "  contact %s\n", id)
	}
	return unexplained + len(differing)
}

// where names the generation that has a decision, for the list.
func where(in, generation string) string {
	switch in {
	case "present":
		return "present only"
	case "next":
		return generation + " only"
	}
	return in
}

// write puts all differences into a file, separated by tabs, in the order of the report.
func (c *comparison) write(name, generation string) (err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return exit.Usage(fmt.Errorf("--differences: %w", err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "decision_id\tclass\tin\tdiffers")
	for i := range c.differences {
		d := &c.differences[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.id, d.class, where(d.in, generation), strings.Join(d.aspects, ","))
	}
	_, differing := c.contactsDiffer()
	for _, id := range differing {
		fmt.Fprintf(w, "contact %s\tunexplained\t\tfigures\n", id)
	}
	return w.Flush()
}
