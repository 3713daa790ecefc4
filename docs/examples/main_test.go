package main

import (
	"os"
	"testing"
)

// asExample makes the test binary be the program.
const asExample = "ATTUNE_RUN_EXAMPLE"

func TestMain(m *testing.M) {
	if os.Getenv(asExample) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}
