package main

import (
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run . ../..

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "confgen:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	text, err := example(root)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "config.example.yaml"), text, 0o644)
}
