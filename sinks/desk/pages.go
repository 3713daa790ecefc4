package desk

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/schemas"
)

//go:embed static
var static embed.FS

// texts are the words of pages, by language. Each language has the same keys; a test compares.
var texts = readTexts("en", "es")

func readTexts(languages ...string) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, l := range languages {
		text, err := static.ReadFile("static/" + l + ".json")
		if err == nil {
			m := map[string]string{}
			err = json.Unmarshal(text, &m)
			all[l] = m
		}
		if err != nil {
			panic(fmt.Sprintf("the words of pages in %s: %v", l, err))
		}
	}
	return all
}

// pages are the templates, and what they load.
type pages struct {
	templates *template.Template
	files     map[string]file
	// version is in the address of what pages load, so that browsers may keep it.
	version  string
	language string
	reasons  []schemas.Reason
}

// file is something that a page loads, as it is and compressed: none of it is secret.
type file struct{ plain, gzipped []byte }

func newFile(text []byte) (file, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	return file{text, b.Bytes()}, err
}

func newPages(language string, words *decide.Words) (*pages, error) {
	t, err := template.ParseFS(static, "static/*.html")
	if err != nil {
		return nil, err
	}
	p := &pages{templates: t, files: map[string]file{}, language: language, reasons: words.Reasons()}
	names, err := fs.Glob(static, "static/*")
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	for _, name := range names {
		text, err := static.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if p.files[path.Base(name)], err = newFile(text); err != nil {
			return nil, err
		}
		h.Write(text)
	}
	p.version = hex.EncodeToString(h.Sum(nil)[:6])
	return p, nil
}

// view is what a template sees.
type view struct {
	Lang, Version, Page string
	T                   map[string]string
	Reasons             []schemas.Reason
	// Disposes: this desk ends calls with their reason.
	Disposes bool
	// Desktop is whose frame the page is made for, where its address says so; empty for any.
	Desktop string
	// LogsIn: people log in on the page.
	LogsIn bool
}

// languageOf is the first language of Accept-Language that there is, unless the address names one.
func (p *pages) languageOf(r *http.Request) string {
	asked := append([]string{r.URL.Query().Get("lang")}, strings.Split(r.Header.Get("Accept-Language"), ",")...)
	for _, tag := range asked {
		tag, _, _ = strings.Cut(strings.TrimSpace(tag), ";")
		tag, _, _ = strings.Cut(tag, "-")
		if _, ok := texts[strings.ToLower(tag)]; ok {
			return strings.ToLower(tag)
		}
	}
	return p.language
}

// page answers with a page. It holds nothing of a patient: its script asks for that.
func (s *server) page(name string) func(*asked) error { return s.pageIn(name, "") }

// pageIn answers with a page for a desktop's frame.
func (s *server) pageIn(name, desktop string) func(*asked) error {
	return func(a *asked) error {
		lang := s.pages.languageOf(a.Request)
		var b bytes.Buffer
		v := view{Lang: lang, Version: s.pages.version, Page: name, T: texts[lang], Reasons: s.pages.reasons, Disposes: s.cfg.WritesCalls, Desktop: desktop, LogsIn: s.login != nil}
		if err := s.pages.templates.ExecuteTemplate(&b, name+".html", v); err != nil {
			return err
		}
		a.w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, err := a.w.Write(b.Bytes())
		return err
	}
}

func (s *server) index(a *asked) error { return s.page("index")(a) }

// loaded are the kinds of files that pages load.
var loaded = []string{".js", ".css", ".json", ".svg"}

func (s *server) static(a *asked) error {
	name := a.PathValue("file")
	f, ok := s.pages.files[name]
	if !ok || !slices.Contains(loaded, path.Ext(name)) {
		return notFound("file", "GET / lists the pages.")
	}
	a.w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	if a.URL.Query().Get("v") == s.pages.version {
		a.w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	text := f.plain
	a.w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(a.Header.Get("Accept-Encoding"), "gzip") {
		text = f.gzipped
		a.w.Header().Set("Content-Encoding", "gzip")
	}
	_, err := a.w.Write(text)
	return err
}
