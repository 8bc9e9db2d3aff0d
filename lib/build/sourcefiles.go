package build

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/locate"
	"github.com/dashc/dashc/lib/project"
)

// sourceFiles reads the project's own sources for findings that want to say who wrote
// something; each file once, and none where there is no finding.
type sourceFiles struct {
	project *project.Project
	library []string // the library path, relative to the root
	mutex   sync.Mutex
	texts   map[string]string
}

func newSourceFiles(p *project.Project) *sourceFiles {
	s := &sourceFiles{project: p, texts: map[string]string{}}
	for _, dir := range p.LibraryPath {
		if relative, err := filepath.Rel(p.Root, dir); err == nil {
			s.library = append(s.library, filepath.ToSlash(relative)+"/")
		}
	}
	return s
}

// locator returns how the places of an environment's documents are found.
func (s *sourceFiles) locator(outcomes []outcome) func(check.Document, string, []string) diagnostic.Position {
	reads := map[string][]string{}
	for _, o := range outcomes {
		files := []string{o.entry.Source}
		for _, read := range o.reads {
			if !read.Missing && s.own(read.Path) && read.Path != o.entry.Source {
				files = append(files, read.Path)
			}
		}
		reads[o.entry.Source] = files
	}
	return func(document check.Document, _ string, texts []string) diagnostic.Position {
		files := reads[document.Source]
		if len(files) == 0 {
			return diagnostic.Position{File: document.Source}
		}
		return locate.In(s.read(files), texts)
	}
}

// own tells whether a file is Jsonnet that the project's people write.
func (s *sourceFiles) own(file string) bool {
	if !strings.HasSuffix(file, ".jsonnet") && !strings.HasSuffix(file, ".libsonnet") || filepath.IsAbs(file) {
		return false
	}
	return !slices.ContainsFunc(s.library, func(dir string) bool { return strings.HasPrefix(file, dir) })
}

func (s *sourceFiles) read(files []string) []locate.Source {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var sources []locate.Source
	for _, file := range files {
		text, known := s.texts[file]
		if !known {
			text, _ = s.project.ReadSource(file) // a place in the sources is a help, not a duty
			s.texts[file] = text
		}
		sources = append(sources, locate.Source{File: file, Text: text})
	}
	return sources
}
