package kafka

import (
	"os"
	"path/filepath"
	"testing"
)

// answersDir holds what Apache Kafka answered when record_test.go asked it everything.
const answersDir = "testdata/apache-4.3.1/answers"

// seen returns the stored answers of an API, <api>-v<version>: those of stored and others, refusals
// among them. They are the bodies behind the headers.
func seen(t testing.TB, name string) [][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(answersDir, name+"-*.bin"))
	if err != nil {
		t.Fatal(err)
	}
	if one := filepath.Join("testdata", "apache-4.3.1", name+".bin"); fileExists(one) {
		files = append(files, one)
	}
	if len(files) == 0 {
		t.Fatalf("no answers %s", name)
	}
	var out [][]byte
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

func fileExists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
