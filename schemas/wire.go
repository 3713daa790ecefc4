package schemas

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"
)

// The read functions take the source and a position. They return the value and the next position, or a negative
// position that is the Problem. None allocates, and none looks beyond src.

// readLong reads a zig-zag number of at most 64 bits.
func readLong(src []byte, i int) (int64, int) {
	var u uint64
	for shift := uint(0); shift < 64; shift += 7 {
		if uint(i) >= uint(len(src)) {
			return 0, int(ProblemShort)
		}
		b := src[i]
		i++
		u |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if shift == 63 && b > 1 {
				break
			}
			return int64(u>>1) ^ -int64(u&1), i
		}
	}
	return 0, int(ProblemOverflow)
}

func readInt(src []byte, i int) (int32, int) {
	if uint(i) < uint(len(src)) && src[i] < 0x80 {
		b := int32(src[i])
		return b>>1 ^ -(b & 1), i + 1
	}
	v, i := readLong(src, i)
	if i > 0 && int64(int32(v)) != v {
		return 0, int(ProblemOverflow)
	}
	return int32(v), i
}

// readLength reads the length of a string or of bytes, and checks that so many bytes follow.
func readLength(src []byte, i int) (int, int) {
	n, i := readLong(src, i)
	if i < 0 {
		return 0, i
	}
	if n < 0 {
		return 0, int(ProblemLength)
	}
	if n > int64(len(src)-i) {
		return 0, int(ProblemShort)
	}
	return int(n), i
}

// readString returns a string that aliases src.
func readString(src []byte, i int) (string, int) {
	if uint(i) < uint(len(src)) && src[i] < 0x80 && src[i]&1 == 0 {
		n := int(src[i] >> 1)
		i++
		if n <= len(src)-i {
			return unsafe.String(unsafe.SliceData(src[i:]), n), i + n
		}
		return "", int(ProblemShort)
	}
	n, i := readLength(src, i)
	if i < 0 {
		return "", i
	}
	return unsafe.String(unsafe.SliceData(src[i:]), n), i + n
}

// readBytes returns bytes that alias src; appending to them does not write into src.
func readBytes(src []byte, i int) ([]byte, int) {
	n, i := readLength(src, i)
	if i < 0 {
		return nil, i
	}
	return src[i : i+n : i+n], i + n
}

func readBool(src []byte, i int) (bool, int) {
	if uint(i) >= uint(len(src)) {
		return false, int(ProblemShort)
	}
	if src[i] > 1 {
		return false, int(ProblemBool)
	}
	return src[i] == 1, i + 1
}

func readFloat(src []byte, i int) (float32, int) {
	if len(src)-i < 4 {
		return 0, int(ProblemShort)
	}
	return math.Float32frombits(binary.LittleEndian.Uint32(src[i:])), i + 4
}

func readDouble(src []byte, i int) (float64, int) {
	if len(src)-i < 8 {
		return 0, int(ProblemShort)
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(src[i:])), i + 8
}

func readFixed(dst, src []byte, i int) int {
	if len(src)-i < len(dst) {
		return int(ProblemShort)
	}
	copy(dst, src[i:])
	return i + len(dst)
}

// readIndex reads the index of an enum's symbol or a union's branch, of which there are n.
func readIndex(src []byte, i, n int) (int, int) {
	if uint(i) < uint(len(src)) && src[i] < 0x80 {
		if k := int(src[i] >> 1); src[i]&1 == 0 && k < n {
			return k, i + 1
		}
		return 0, int(ProblemIndex)
	}
	k, i := readLong(src, i)
	if i > 0 && (k < 0 || k >= int64(n)) {
		return 0, int(ProblemIndex)
	}
	return int(k), i
}

// readBlock reads the count of a block of items of at least least bytes each. It refuses a count that the rest of src
// cannot hold, before anything is allocated for it.
func readBlock(src []byte, i, least int) (int, int) {
	n, i := readLong(src, i)
	if i < 0 {
		return 0, i
	}
	if n < 0 {
		if n == math.MinInt64 {
			return 0, int(ProblemLength)
		}
		n = -n
		if _, i = readLong(src, i); i < 0 { // the block's size in bytes: only needed to skip it
			return 0, i
		}
	}
	if n > int64((len(src)-i)/least) {
		return 0, int(ProblemCount)
	}
	return int(n), i
}

func appendLong(dst []byte, v int64) []byte {
	return binary.AppendUvarint(dst, uint64(v)<<1^uint64(v>>63))
}

func appendString(dst []byte, s string) []byte {
	return append(appendLong(dst, int64(len(s))), s...)
}

func appendBytes(dst, b []byte) []byte {
	return append(appendLong(dst, int64(len(b))), b...)
}

func appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}

func appendFloat(dst []byte, v float32) []byte {
	return binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
}

func appendDouble(dst []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
}

// appendIndex appends the index of a symbol or branch, of which there are n. It panics for any other index, which is
// a defect of ours: nobody could read the record.
func appendIndex(dst []byte, k uint8, n int) []byte {
	if int(k) >= n {
		panic(fmt.Sprintf("schemas: index %d of %d symbols or branches", k, n))
	}
	return appendLong(dst, int64(k))
}
