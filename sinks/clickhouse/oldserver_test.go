package clickhouse

import (
	"bufio"
	"encoding/binary"
	"net"
	"testing"
)

// oldServer answers the native handshake as ClickHouse 18.16.1 does.
func oldServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go greetAsOld(conn)
		}
	}()
	return l.Addr().String()
}

func greetAsOld(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	if _, err := in.ReadByte(); err != nil { // the client's hello
		return
	}
	text := func(b []byte, s string) []byte { return append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	hello := []byte{0}
	hello = text(hello, "ClickHouse")
	for _, n := range []uint64{18, 16, 54412} {
		hello = binary.AppendUvarint(hello, n)
	}
	hello = text(hello, "Etc/UTC")
	hello = text(hello, "old")
	hello = binary.AppendUvarint(hello, 1)
	if _, err := conn.Write(hello); err != nil {
		return
	}
	for { // pings are answered, whatever else comes is swallowed
		b, err := in.ReadByte()
		if err != nil {
			return
		}
		if b == 4 {
			if _, err := conn.Write([]byte{4}); err != nil {
				return
			}
		}
	}
}
