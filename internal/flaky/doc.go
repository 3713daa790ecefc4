// Command flaky runs tests many times on a machine that is busy with something else, and lists those that did not
// pass every time. A test that fails by chance there waits for the wrong thing: it will fail on a busy build
// machine, too.
//
//	go run ./internal/flaky -n 10 ./pipeline/kafka ./deploy/...
//
// Each run is `go test -json -count=1`. Meanwhile this program keeps as many threads busy as the machine has cores;
// they end with it, and after -max at the latest. The output of a failed run is kept whole in the directory that -o
// names. The exit code is 1 if a test did not pass every time.
package main
