// Package process runs servers as child processes whose life ends with ours, and locks the directories that they
// use. A child dies when we do, however that happens: a test that times out leaves nothing behind.
package process
