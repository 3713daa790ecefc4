package main

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func always() bool { return true }

// echo starts a server that answers each line with itself, in capitals, behind a proxy. heard is what
// has arrived at the server.
func echo(t *testing.T) (p *proxy, heard chan string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	heard = make(chan string, 100)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					heard <- lines.Text()
					if _, err := io.WriteString(conn, strings.ToUpper(lines.Text())+"\n"); err != nil {
						return
					}
				}
			}()
		}
	}()
	if p, err = newProxy(t.Context(), listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.close(); err != nil {
			t.Error(err)
		}
	})
	return p, heard
}

// client is a connection through a proxy that has been answered once.
func client(t *testing.T, p *proxy) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", p.addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	if got, err := ask(conn, answers, "hello"); got != "HELLO\n" || err != nil {
		t.Fatalf("answer %q, %v", got, err)
	}
	return conn, answers
}

func ask(conn net.Conn, answers *bufio.Reader, line string) (string, error) {
	if _, err := io.WriteString(conn, line+"\n"); err != nil {
		return "", err
	}
	return answers.ReadString('\n')
}

func TestProxyPassesEverythingUnchanged(t *testing.T) {
	p, _ := echo(t)
	conn, answers := client(t, p)
	line := strings.Repeat("x", 50_000) // more than one piece
	if got, err := ask(conn, answers, line); got != strings.ToUpper(line)+"\n" || err != nil {
		t.Errorf("answer of %d bytes, %v", len(got), err)
	}
}

func TestProxyCutsConnections(t *testing.T) {
	p, _ := echo(t)
	conn, answers := client(t, p)
	p.cutSome(func() bool { return false })
	if got, err := ask(conn, answers, "still"); got != "STILL\n" || err != nil {
		t.Errorf("answer on a connection that was not chosen: %q, %v", got, err)
	}
	p.cutSome(always)
	if got, err := ask(conn, answers, "gone"); err == nil {
		t.Errorf("answer %q on a connection that was cut", got)
	}
	client(t, p) // others come in
}

// What a broker has done and nobody hears of is the hardest fault of all.
func TestProxySwallowsTheAnswerToARequestThatArrived(t *testing.T) {
	p, heard := echo(t)
	conn, answers := client(t, p)
	<-heard
	p.swallowAnswers(always, 2)
	got, err := ask(conn, answers, "commit")
	if got != "CO" || err == nil {
		t.Errorf("answer %q, %v: want its first two bytes and an error", got, err)
	}
	if request := <-heard; request != "commit" {
		t.Errorf("the server heard %q", request)
	}
}

func TestProxyDelaysAndHoldsUp(t *testing.T) {
	p, _ := echo(t)
	conn, answers := client(t, p)
	for name, f := range map[string]func(){
		"delayed twice": func() { p.slow(30*time.Millisecond, time.Minute) },
		"held up":       func() { p.hold(60 * time.Millisecond) },
	} {
		began := time.Now()
		f()
		if got, err := ask(conn, answers, "slow"); got != "SLOW\n" || err != nil {
			t.Errorf("%s: answer %q, %v", name, got, err)
		}
		if took := time.Since(began); took < 60*time.Millisecond {
			t.Errorf("%s: the answer took %v only", name, took)
		}
		p.heal()
	}
}

func TestProxyRefusesUntilItIsHealed(t *testing.T) {
	p, _ := echo(t)
	conn, answers := client(t, p)
	p.refuse(time.Minute)
	if got, err := ask(conn, answers, "there"); err == nil {
		t.Errorf("answer %q on a connection that should be cut", got)
	}
	late, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", p.addr())
	if err == nil {
		defer late.Close()
		var got string
		if got, err = ask(late, bufio.NewReader(late), "in"); err == nil {
			t.Errorf("answer %q to one who should not be let in", got)
		}
	}
	p.heal()
	client(t, p)
}
