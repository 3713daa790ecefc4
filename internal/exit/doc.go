// Package exit says how a command ends. An error carries the exit code that a script sees: the answer is no,
// the flags or the configuration are wrong, or something outside cannot be reached. Whoever knows which it is
// wraps the error; cmd/attune ends the process with the code. An error without a code counts as a no.
package exit
