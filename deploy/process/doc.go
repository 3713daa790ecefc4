// Package process runs servers as child processes, and locks the directories that they use. A child
// ends when this process does, in whatever way: a test that times out leaves nothing behind.
package process
