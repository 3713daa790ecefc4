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

// order is what a child is to do.
type order struct {
	Role        string // broker, processor or together
	Dir         string // broker's directory
	Broker      string // address
	Workers     int
	Profile     string
	Checkpoints time.Duration // of processor
	Recorded    bool          // of processor: what it reads is a log of the past, read by its own clock
	Restored    bool          // of processor: what it takes to become ready does not count
	Generation  string        // of the topics of processor
	AtLeastOnce bool          // of processor
	MaxPending  int           // of processor: bytes of output after which a worker commits early; 0: the default
	Limit       int           // of processor: touchpoints of an identifier per minute; 0: none
	Loop        loopConfig    // of together
}

// child is a process of this program. It answers each line on its input with one of JSON, says one
// by itself when it is ready, and ends when its input does.
type child struct {
	cmd   *exec.Cmd
	input io.WriteCloser
	lines *bufio.Reader
}

// start starts a child on one core, or on any for a negative one, and reads what it says when it is ready.
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

// serve says ready and then answers each line until there is none.
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
