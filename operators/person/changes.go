package person

// Changes lists the persons whose personas are to be emitted at the next commit: once each, however often
// they have changed. They come in the order in which they changed first, which a replay repeats.
type Changes struct{ persons []*Person }

// Note notes that a person's persona has changed. The mark is with the person, so that nothing is looked
// up. A person must not be let go of before Take: the task drops its people only between commits.
func (c *Changes) Note(who *Person) {
	if !who.changed {
		who.changed = true
		c.persons = append(c.persons, who)
	}
}

// Take hands each person to emit, and forgets them. What personas are made of is looked at for a few
// persons together, just before they are folded.
func (c *Changes) Take(o *Outlook, emit func(*Person)) {
	for i, who := range c.persons {
		if i%aheadPersons == 0 {
			o.changed(c.persons[i:min(i+aheadPersons, len(c.persons))])
		}
		c.persons[i], who.changed = nil, false
		emit(who)
	}
	c.persons = c.persons[:0]
}
