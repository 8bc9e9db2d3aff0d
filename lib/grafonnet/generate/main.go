// Command generate writes the Jsonnet library of each embedded Grafana version into a folder,
// and removes files of those versions that the library no longer has.
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dashc/dashc/lib/grafonnet"
)

func main() {
	dir := flag.String("dir", "", "the folder that gets grafonnet-VERSION for each version")
	flag.Parse()
	for _, version := range grafonnet.Versions() {
		if err := generate(version, filepath.Join(*dir, "grafonnet-"+version)); err != nil {
			fmt.Fprintf(os.Stderr, "generate %s: %v\n", version, err)
			os.Exit(1)
		}
	}
}

func generate(version, root string) error {
	schema, err := grafonnet.EmbeddedSchema(version)
	if err != nil {
		return err
	}
	tree, err := grafonnet.Generate(schema)
	if err != nil {
		return err
	}
	for path, text := range tree {
		if err := write(filepath.Join(root, filepath.FromSlash(path)), text); err != nil {
			return err
		}
	}
	return prune(root, tree)
}

func write(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// prune removes the files below root that are not in tree.
func prune(root string, tree map[string][]byte) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if _, ok := tree[filepath.ToSlash(relative)]; ok {
			return nil
		}
		return os.Remove(path)
	})
}
