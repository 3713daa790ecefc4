package schemas

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestReadmeNamesEveryRecordAndTopic(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	for _, d := range Definitions() {
		if !strings.Contains(readme, "`"+d.Name+"`") || !strings.Contains(readme, "`"+d.File+".avsc`") {
			t.Errorf("%s (%s.avsc) is not in README.md", d.Name, d.File)
		}
	}
	for _, topic := range recordTopics() {
		row := regexp.MustCompile("(?m)^\\| `" + topic.Record + "` .*`" + regexp.QuoteMeta(topic.Name) + "`.*$")
		if !row.MatchString(readme) {
			t.Errorf("%s is not in the row of %s in README.md", topic.Name, topic.Record)
		}
	}
}

func TestReadmesExampleIsRead(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```json\n")
	line, _, ok := strings.Cut(rest, "\n```")
	if !ok {
		t.Fatal("README.md has no example")
	}
	if got := readTouchpoint(t, line); got.Body.Kind != TouchpointBodyCall || got.OccurredAt != 915_431_400_000 {
		t.Errorf("got %+v", got)
	}
}
