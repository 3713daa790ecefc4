package pipeline

import (
	"encoding/binary"
)

// Partition places a key among n partitions as Java's default partitioner does: murmur2 of the key,
// made positive, modulo n. So records that others produce with that partitioner lie where ours of the
// same key do. A key's partition is part of what is stored (state, order, aggregates): changing this
// function moves every patient. n is above 0.
func Partition(key []byte, n int32) int32 {
	return int32(murmur2(key)&0x7fffffff) % n
}

// murmur2 is Kafka's variant of MurmurHash2 with its fixed seed. Java hashes signed bytes, but masks
// each to eight bits, so the arithmetic is the same.
func murmur2(data []byte) uint32 {
	const m = 0x5bd1e995
	h := uint32(0x9747b28c) ^ uint32(len(data))
	for ; len(data) >= 4; data = data[4:] {
		k := binary.LittleEndian.Uint32(data) * m
		k ^= k >> 24
		h = h*m ^ k*m
	}
	// The bytes that are left over, the lowest first. Cases fall through on purpose.
	switch len(data) {
	case 3:
		h ^= uint32(data[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(data[1]) << 8
		fallthrough
	case 1:
		h ^= uint32(data[0])
		h *= m
	}
	// The last mixing spreads the tail over all bits.
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}
