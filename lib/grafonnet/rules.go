package grafonnet

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// rules applies the naming rules to the types of a schema: one property, one function or two,
// and a namespace where the property has properties of its own.
type rules struct {
	schema Schema
}

// place is where a type stands: in the JSON, in the schema (for errors), and below which types
// (against recursion).
type place struct {
	parents []string
	where   string
	within  []TypeName
	inArray bool // an item of an array starts afresh
}

func (p place) property(name string) place {
	p.parents = append(slices.Clip(p.parents), name)
	p.where += "." + name
	p.inArray = false
	return p
}

func (p place) item() place {
	p.parents = nil
	p.where += "[]"
	p.inArray = true
	return p
}

func (p place) inside(name TypeName) (place, error) {
	if slices.Contains(p.within, name) {
		return p, fmt.Errorf("schema: %s: the type %s contains itself; cut it in extract/versions", p.where, name)
	}
	p.within = append(slices.Clip(p.within), name)
	return p, nil
}

// named returns the functions of a type of the schema, for an object that is written at parents.
func (r rules) named(name TypeName, parents ...string) (Namespace, error) {
	p, err := place{parents: parents, where: string(name)}.inside(name)
	if err != nil {
		return Namespace{}, err
	}
	t, ok := r.schema.Types[name]
	if !ok {
		return Namespace{}, fmt.Errorf("schema: the type %q is needed, and is not in the schema", name)
	}
	return r.members(t, p)
}

// members returns the functions that write into a value of type t at p.
func (r rules) members(t Type, p place) (Namespace, error) {
	switch t.Kind {
	case KindRef:
		inner, err := p.inside(t.Ref)
		if err != nil {
			return Namespace{}, err
		}
		target := r.schema.Types[t.Ref]
		if t.Default != nil {
			target.Default = t.Default
		}
		return r.members(target, inner)
	case KindObject:
		return r.object(t, p)
	case KindUnion:
		return r.union(t, p)
	case KindArray:
		return r.members(*t.Items, p.item())
	}
	return Namespace{}, nil
}

func (r rules) object(t Type, p place) (Namespace, error) {
	properties, err := r.properties(t, p.where)
	if err != nil {
		return Namespace{}, err
	}
	var n Namespace
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		functions, child, err := r.property(name, properties[name], p)
		if err != nil {
			return Namespace{}, err
		}
		n.Functions = append(n.Functions, functions...)
		n = n.with(child)
	}
	return n, nil
}

// properties returns the properties of an object with those of its parents, and with the
// defaults that the object's own default gives them.
func (r rules) properties(t Type, where string) (map[string]Type, error) {
	all := map[string]Type{}
	for _, parent := range t.Extends {
		inherited, err := r.properties(r.schema.Types[parent], string(parent))
		if err != nil {
			return nil, err
		}
		maps.Copy(all, inherited)
	}
	maps.Copy(all, t.Properties)
	defaults, err := defaultFields(t.Default, where)
	if err != nil {
		return nil, err
	}
	for name, value := range defaults {
		property, ok := all[name]
		if !ok {
			return nil, fmt.Errorf("schema: %s.%s: has a default but is no property", where, name)
		}
		if property.Default == nil {
			property.Default = value
			all[name] = property
		}
	}
	return all, nil
}

func defaultFields(value json.RawMessage, where string) (map[string]json.RawMessage, error) {
	if value == nil {
		return nil, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(value, &fields); err != nil {
		return nil, fmt.Errorf("schema: %s: the default of an object: %w", where, err)
	}
	return fields, nil
}

// property returns the functions of one property and the namespace with its children.
func (r rules) property(name string, t Type, parent place) ([]Function, Namespace, error) {
	child, err := r.members(t, parent.property(name))
	if err != nil {
		return nil, Namespace{}, err
	}
	child.Name = name
	f := Function{Name: functionName(name), Parents: parent.parents, Key: name, Default: t.Default}
	switch target := r.resolve(t); {
	case target.Kind == KindConst:
		f.Form, f.Default = SetConstant, target.Value
		return []Function{f}, Namespace{}, nil
	case target.Kind == KindBoolean:
		f.Default = json.RawMessage("true")
		return []Function{f}, Namespace{}, nil
	case r.isScalar(target):
		if f.Default == nil {
			f.Default = target.Default
		}
		return []Function{f}, Namespace{}, nil
	case target.Kind == KindArray:
		f.Form, f.Default = SetList, nil
		return pair(f, MixList), child, nil
	default:
		return pair(f, MixValue), child, nil
	}
}

// pair returns a function and its mixin.
func pair(f Function, mix Form) []Function {
	return []Function{f, {Name: f.Name + "Mixin", Parents: f.Parents, Key: f.Key, Form: mix}}
}

// resolve follows references to the type itself.
func (r rules) resolve(t Type) Type {
	for t.Kind == KindRef {
		t = r.schema.Types[t.Ref]
	}
	return t
}

// isScalar tells strings, numbers, enums and unions of those. A union of a boolean with
// another type is none: it has a mixin, as upstream has it.
func (r rules) isScalar(t Type) bool {
	switch t.Kind {
	case KindString, KindNumber, KindNull, KindEnum, KindConst:
		return true
	case KindUnion:
		return !slices.ContainsFunc(t.Of, func(member Type) bool { return !r.isScalar(r.resolve(member)) })
	}
	return false
}

// union returns a namespace for each named object among the members. Each writes the value
// itself; a member without a name adds its functions to the union's own.
func (r rules) union(t Type, p place) (Namespace, error) {
	var n Namespace
	for _, member := range t.Of {
		functions, err := r.members(member, p)
		if err != nil {
			return Namespace{}, err
		}
		switch {
		case member.Kind == KindRef && !functions.Empty():
			n.Functions = append(n.Functions, memberPair(member.Ref, p)...)
			functions.Name, functions.Alternative = member.Ref.Base(), true
			n = n.with(functions)
		case member.Kind == KindObject:
			n.Functions = append(n.Functions, functions.Functions...)
			n.Children = append(n.Children, functions.Children...)
		}
	}
	return n, nil
}

// memberPair returns withM and withMMixin, which set the whole value that the union describes.
// An item of an array has no key to set.
func memberPair(member TypeName, p place) []Function {
	if p.inArray || len(p.parents) == 0 {
		return nil
	}
	last := len(p.parents) - 1
	return pair(Function{
		Name:    functionName(member.Base()),
		Parents: p.parents[:last],
		Key:     p.parents[last],
	}, MixValue)
}
