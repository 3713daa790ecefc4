package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// childArgument, as first argument, makes this program one of its own children.
const childArgument = "child"

// order says what a child has to do.
type order struct {
	// Role is broker, processor or together.
	Role string
	// Dir is the broker's directory.
	Dir string
	// Broker is the address of the broker.
	Broker  string
	Workers int
	Profile string
	// The following are for a processor. Restored: the time until it is ready does not count.
	// Generation is of its topics. MaxPending is the bytes of output after which a worker commits
	// early, 0 the default. Limit is touchpoints of an identifier per minute, 0 none.
	Checkpoints time.Duration
	Restored    bool
	Generation  string
	AtLeastOnce bool
	MaxPending  int
	Limit       int
	// Loop is for together.
	Loop loopConfig
}

// child is a process of this program. It prints one line of JSON when it is ready, answers each line on
// its input with one more, and ends when its input does.
type child struct {
	cmd   *exec.Cmd
	input io.WriteCloser
	lines *bufio.Reader
}

// start starts a child on one core (on any core if it is negative), and reads what it prints when it is
// ready.
func start(ctx context.Context, o order, core int, ready any) (*child, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, childArgument, string(text))
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 5 * time.Second
	c := &child{cmd: cmd}
	if c.input, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.lines = bufio.NewReader(output)
	if err := onCore(core, cmd.Start); err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Role, err)
	}
	if err := c.answer(ready); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", o.Role, err), c.end())
	}
	return c, nil
}

// ask sends a line and reads the answer.
func (c *child) ask(line string, answer any) error {
	if _, err := io.WriteString(c.input, line+"\n"); err != nil {
		return err
	}
	return c.answer(answer)
}

func (c *child) answer(into any) error {
	line, err := c.lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return json.Unmarshal(line, into)
}

// end closes the child's input and waits for its end.
func (c *child) end() error {
	return errors.Join(c.input.Close(), c.cmd.Wait())
}

// runChild is what a child does.
func runChild(ctx context.Context, text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	switch o.Role {
	case "broker":
		return serveBroker(ctx, &o)
	case "processor":
		return serveProcessor(ctx, &o)
	case "together":
		return serveTogether(ctx, &o)
	}
	return fmt.Errorf("no role %q", o.Role)
}

// serve says ready, and then answers each line until the input ends.
func serve(ready any, answer func(line string) (any, error)) error {
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(ready); err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		a, err := answer(lines.Text())
		if err != nil {
			return err
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}
