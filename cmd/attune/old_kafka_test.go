package main

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
)

// oldKafka answers every request as Kafka 2.3 answers ApiVersions: it does not know the version asked
// for, and names what it has.
func oldKafka(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for answerAsOldKafka(conn) == nil {
				}
			}()
		}
	}()
	return l.Addr().String()
}

func answerAsOldKafka(conn net.Conn) error {
	be := binary.BigEndian
	var head [12]byte // size, API, version, correlation
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, conn, int64(be.Uint32(head[:]))-8); err != nil {
		return err
	}
	apis := [][3]uint16{{0, 0, 7}, {1, 0, 11}, {2, 0, 5}, {3, 0, 8}, {8, 0, 7}, {9, 0, 5}, {10, 0, 2}, {11, 0, 5}, {12, 0, 3}, {13, 0, 2}, {14, 0, 3}, {18, 0, 2}, {22, 0, 1}, {24, 0, 1}, {25, 0, 1}, {26, 0, 1}, {28, 0, 2}}
	body := append([]byte{}, head[8:]...)
	code := uint16(0)
	if be.Uint16(head[6:]) > 2 {
		code = 35 // UNSUPPORTED_VERSION
	}
	body = be.AppendUint32(be.AppendUint16(body, code), uint32(len(apis)))
	for _, a := range apis {
		for _, n := range a {
			body = be.AppendUint16(body, n)
		}
	}
	_, err := conn.Write(append(be.AppendUint32(nil, uint32(len(body))), body...))
	return err
}
