package identify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"hash"

	"github.com/attune-health/attune/schemas"
)

// fingerprint is the name of a shard: half of the keyed hash of an identifier.
// 128 bits do not collide by chance, however many identifiers a site has.
type fingerprint [16]byte

const (
	// shardLen is the length of a shard's name.
	// Two hex digits a byte.
	shardLen = 2 * len(fingerprint{})
	// refLen is the length of a person_ref.
	refLen = 26
)

// refEncoding writes 128 bits in 26 characters that survive URLs, file names and being read aloud.
var refEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Pseudonyms derives shards and pseudonyms from identifiers by HMAC-SHA-256 under the site key: 16
// bytes for the shard, the other 16 for the pseudonym. Without the key neither leads back to the
// identifier, nor can a list of all phone numbers be tried. One task owns it; it allocates nothing.
type Pseudonyms struct {
	forms *forms
	// mac is keyed once and reset for each identifier: keying it again would cost as much as the hash.
	mac hash.Hash
	// in is what is hashed, and sum the hash.
	in  []byte
	sum [sha256.Size]byte
}

// NewPseudonyms derives under a site's key and in its normal form, both with their defaults filled in.
// It prepares some thousand words that name nobody: make it once.
func NewPseudonyms(c *Config) *Pseudonyms { return newPseudonyms(c, newWords(c)) }

func newPseudonyms(c *Config, w *words) *Pseudonyms {
	return &Pseudonyms{forms: newForms(c, w), mac: hmac.New(sha256.New, c.SiteKey), in: make([]byte, 0, 256)}
}

// Of computes shard and pseudonym of an identifier that names somebody, in any of its spellings.
// For a value that names nobody the result means nothing.
func (p *Pseudonyms) Of(kind schemas.IdentifierKind, value string) (shard fingerprint, pseudonym [16]byte) {
	form, _ := p.forms.of(kind, value)
	return p.hash(kind, form)
}

// hash computes shard and pseudonym of a normal form. The kind is part of what is hashed: a phone
// number that is also somebody's member number is two identifiers.
func (p *Pseudonyms) hash(kind schemas.IdentifierKind, form string) (shard fingerprint, pseudonym [16]byte) {
	p.mac.Reset()
	// The zero byte parts the two, so that no kind and value can be read as another pair.
	p.in = append(append(p.in[:0], kind.String()...), 0)
	p.in = append(p.in, form...)
	p.mac.Write(p.in)
	p.mac.Sum(p.sum[:0])
	copy(shard[:], p.sum[:16])
	copy(pseudonym[:], p.sum[16:])
	return shard, pseudonym
}

// AppendShard appends a shard's name: 32 hex digits.
func AppendShard(dst []byte, f fingerprint) []byte { return hex.AppendEncode(dst, f[:]) }

// AppendRef appends a person_ref: 26 letters and digits.
func AppendRef(dst []byte, id [16]byte) []byte { return refEncoding.AppendEncode(dst, id[:]) }

// parseShard reads a shard's name.
// ok is false for any other key: a record of another writer must not panic.
func parseShard(s string) (f fingerprint, ok bool) {
	if len(s) != shardLen {
		return f, false
	}
	n, err := hex.Decode(f[:], []byte(s))
	return f, err == nil && n == len(f)
}
