// Command flaky runs tests many times on a machine that is busy with something else, and lists those that did not pass
// every time. A test that fails by chance there is wrong about what it waits for: it fails on a busy build machine, too.
//
//	go run ./internal/flaky -n 10 ./pipeline/kafka ./deploy/...
//
// Each run is `go test -json -count=1`. While it lasts, this program keeps as many threads busy as the machine has
// cores; they end with it, and after -max at the latest. What a run that failed said is kept whole in the directory
// that -o names. The exit code is 1 where something did not pass.
package main
