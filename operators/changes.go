package operators

// changes lists the persons whose personas are to be emitted at the next commit: once each, however
// often they have changed.
type changes struct{ persons []*person }

// note notes that a person's persona has changed.
func (c *changes) note(who *person) {
	if !who.changed {
		who.changed = true
		c.persons = append(c.persons, who)
	}
}

// take hands each person to emit, and forgets them. What personas are made of is looked at for a few
// persons together.
func (c *changes) take(o *outlook, emit func(*person)) {
	for i, who := range c.persons {
		if i%aheadPersons == 0 {
			o.changed(c.persons[i:min(i+aheadPersons, len(c.persons))])
		}
		c.persons[i], who.changed = nil, false
		emit(who)
	}
	c.persons = c.persons[:0]
}
