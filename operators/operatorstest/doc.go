// Package operatorstest is what the tests of operators on event time have in common: a Meeting, in which
// the records of two topics with different bounds on disorder meet by key, are shaken by kills, and leave
// what an oracle needs to know; and a Treadmill, which steps records through one task without end.
package operatorstest
