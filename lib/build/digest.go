package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/evaluate"
	"github.com/dashc/dashc/lib/project"
)

// inputsDigest is the fingerprint of what made an environment's tree: its settings and every
// file that the evaluation read, failed look-ups included. It is the same on every machine
// and is written to the manifest.
func inputsDigest(p *project.Project, environment project.Environment, reads []evaluate.Read) (string, error) {
	h := sha256.New()
	if err := hashSettings(h, p, environment); err != nil {
		return "", err
	}
	lines := make([]string, 0, len(reads))
	for _, read := range reads {
		name := read.Path
		if filepath.IsAbs(name) {
			name = "library:" + filepath.Base(name)
		}
		lines = append(lines, fmt.Sprintf("%q %s %t\n", name, read.SHA256, read.Missing))
	}
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		h.Write([]byte(line))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func hashSettings(h hash.Hash, p *project.Project, environment project.Environment) error {
	list, err := p.CustomersDigest(environment)
	if err != nil {
		return err
	}
	settings, err := json.Marshal(struct {
		Project string
		Name    string
		Values  map[string]any
		Patches []project.Patch
		Grafana project.Grafana
		Checks  project.Checks
		Tiers   map[string]project.Tier
		// Customers are the settings, List is the digest of the list that they name.
		Customers project.CustomerSettings
		List      string
	}{p.Name, environment.Name, environment.Values, environment.Patches, environment.Grafana, p.Checks, environment.Tiers, environment.Customers, list})
	h.Write(settings)
	return err
}

// sourceDigest is the fingerprint of everything that an evaluation could read: all files
// below the sandbox's folders. The sandbox makes it complete, so an equal digest means that a
// build would make the same tree again.
func sourceDigest(folders []string) (string, error) {
	h := sha256.New()
	for _, folder := range folders {
		resolved, err := filepath.EvalSymlinks(folder)
		if errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(h, "absent %q\n", folder)
			continue
		}
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "folder %q\n", folder)
		if err := hashFolder(h, resolved); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func hashFolder(h hash.Hash, folder string) error {
	return filepath.WalkDir(folder, func(file string, item fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(file, folder)
		switch {
		case item.IsDir():
			return nil
		case item.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(file)
			fmt.Fprintf(h, "link %q %q\n", name, target)
			return err
		case !item.Type().IsRegular():
			fmt.Fprintf(h, "special %q\n", name)
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		fmt.Fprintf(h, "file %q %x\n", name, sum)
		return nil
	})
}
