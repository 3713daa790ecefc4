package main

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// proxy stands before a server and passes bytes on unchanged, apart from the faults that it is told to
// make. It is safe for concurrent use.
type proxy struct {
	target   string
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	links  map[*link]bool
	closed bool
	// What passes is delayed by this, until delayed.
	delay   time.Duration
	delayed time.Time
	// Nothing passes until then.
	held time.Time
	// Nobody is let in until then.
	refused time.Time
}

// link is one client's connection, with the proxy's own to the server.
type link struct {
	client, server net.Conn
	gone           chan struct{}
	once           sync.Once
	// Bytes of answers that still pass before the link is cut; negative: all; guarded by the
	// proxy's mu.
	swallow int
}

// newProxy listens on a free port for clients of target. The target need not be running yet.
func newProxy(ctx context.Context, target string) (*proxy, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{target: target, listener: listener, links: map[*link]bool{}}
	p.running.Go(p.serve)
	return p, nil
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			p.running.Go(func() { p.connect(client) })
		}
	}
}

// connect serves one client to its end.
func (p *proxy) connect(client net.Conn) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	p.mu.Lock()
	refused := time.Now().Before(p.refused)
	p.mu.Unlock()
	if refused {
		reset(client)
		return
	}
	server, err := dialer.Dial("tcp", p.target)
	if err != nil {
		reset(client)
		return
	}
	l := &link{client: client, server: server, gone: make(chan struct{}), swallow: -1}
	p.mu.Lock()
	p.links[l] = true
	if p.closed {
		l.cut()
	}
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.pass(l, server, client, false) })
	both.Go(func() { p.pass(l, client, server, true) })
	both.Wait()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// pass copies one direction until either side ends.
func (p *proxy) pass(l *link, to, from net.Conn, answers bool) {
	defer l.cut()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if !p.wait(l) {
				return
			}
			passes := p.passes(l, n, answers)
			if _, err := to.Write(buf[:passes]); err != nil || passes < n {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// wait holds up what has arrived. It returns false if the link is gone.
func (p *proxy) wait(l *link) bool {
	p.mu.Lock()
	now := time.Now()
	pause := p.held.Sub(now)
	if now.Before(p.delayed) {
		pause = max(pause, p.delay)
	}
	p.mu.Unlock()
	if pause <= 0 {
		return true
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-l.gone:
		return false
	case <-timer.C:
		return true
	}
}

// passes is how many of n bytes are passed on.
func (p *proxy) passes(l *link, n int, answers bool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !answers || l.swallow < 0 {
		return n
	}
	n = min(n, l.swallow)
	l.swallow = 0
	return n
}

// cut ends a link as a network does: neither side gets an orderly end.
func (l *link) cut() {
	l.once.Do(func() {
		close(l.gone)
		reset(l.client)
		reset(l.server)
	})
}

// reset closes a connection so that the other side sees an error, not an end.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // an ordinary close does, too
	}
	_ = c.Close() // nothing is left to be done about it
}

// each calls f for the links for which chosen is true.
func (p *proxy) each(chosen func() bool, f func(*link)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		if chosen() {
			f(l)
		}
	}
}

// cutSome cuts links.
func (p *proxy) cutSome(chosen func() bool) { p.each(chosen, (*link).cut) }

// swallowAnswers lets requests through on some links, and cuts each link in its next answer, after so
// many bytes of it.
func (p *proxy) swallowAnswers(chosen func() bool, after int) {
	p.each(chosen, func(l *link) { l.swallow = after })
}

// slow delays everything that passes, for a time.
func (p *proxy) slow(by, lasting time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay, p.delayed = by, time.Now().Add(lasting)
}

// hold lets nothing pass for a time, and then everything.
func (p *proxy) hold(lasting time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = time.Now().Add(lasting)
}

// refuse cuts all links and accepts nobody for a time.
func (p *proxy) refuse(lasting time.Duration) {
	p.mu.Lock()
	p.refused = time.Now().Add(lasting)
	p.mu.Unlock()
	p.cutSome(func() bool { return true })
}

// heal ends all faults.
func (p *proxy) heal() {
	p.each(func() bool { return true }, func(l *link) { l.swallow = -1 })
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.delayed, p.refused = time.Time{}, time.Time{}, time.Time{}
}

func (p *proxy) close() error {
	err := p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.cutSome(func() bool { return true })
	p.running.Wait()
	return err
}
