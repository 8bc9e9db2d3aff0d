package grafonnet

import (
	"path"
	"slices"
	"strings"
)

// ownFileBytes is the size from which an alternative of a union has a file of its own. An
// author uses one alternative at a time, and should not pay for parsing the others.
const ownFileBytes = 3000

// split moves large alternatives out of a file, which imports them when they are used.
func split(f file) []file {
	var moved []file
	f.root = moveAlternatives(f.root, f, &moved)
	return slices.Concat([]file{f}, moved)
}

func moveAlternatives(n Namespace, from file, moved *[]file) Namespace {
	n.Children = slices.Clone(n.Children)
	for i, child := range n.Children {
		if !child.Alternative || len(render(child)) < ownFileBytes {
			n.Children[i] = moveAlternatives(child, from, moved)
			continue
		}
		own := file{
			path:  path.Join(strings.TrimSuffix(from.path, ".libsonnet"), child.Name+".libsonnet"),
			about: "The alternative " + child.Name + " of " + from.path + ".",
			root:  child,
		}
		*moved = append(*moved, split(own)...)
		n.Children[i] = Namespace{Name: child.Name, Import: path.Join(path.Base(strings.TrimSuffix(from.path, ".libsonnet")), path.Base(own.path))}
	}
	return n
}
