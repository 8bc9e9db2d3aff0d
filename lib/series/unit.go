package series

import "math"

// Unit is what the numbers of an expression count, as far as it can be followed. The zero
// Unit is unknown.
type Unit struct {
	// Base is the catalogue's word: seconds, bytes, requests. Ratio is the base of a quotient of
	// two equal units, and Count of what merely counts.
	Base string
	// Scale is by what the numbers have been multiplied: 1000 for seconds shown as milliseconds.
	Scale float64
	// PerSecond is set for what a rate returns.
	PerSecond bool
}

// Bases that are no word of the catalogue.
const (
	Ratio = "ratio"
	Count = "count"
)

// Known tells whether the unit is known.
func (u Unit) Known() bool { return u.Base != "" }

// Dimension tells whether the base is one that Grafana has scaled units for: time, bytes or a
// ratio. Everything else counts things.
func (u Unit) Dimension() bool {
	switch u.Base {
	case "seconds", "bytes", Ratio, "celsius", "volts", "amperes", "joules", "grams", "meters", "boolean", "timestamp":
		return true
	}
	return false
}

func unitOf(word string) Unit {
	if word == "" {
		return Unit{}
	}
	return Unit{Base: word, Scale: 1}
}

func (u Unit) times(factor float64) Unit {
	if !u.Known() || math.IsNaN(factor) || math.IsInf(factor, 0) || factor == 0 {
		return Unit{}
	}
	u.Scale *= math.Abs(factor) // -1 turns a line upside down, as for what is sent and received
	return u
}

func (u Unit) perSecond() Unit {
	switch {
	case u.PerSecond:
		return Unit{}
	case u.Base == "seconds":
		return Unit{Base: Ratio, Scale: u.Scale} // seconds per second
	case u.Known():
		u.PerSecond = true
	}
	return u
}

// over is the unit of a quotient.
func (u Unit) over(v Unit) Unit {
	if !u.Known() || !v.Known() || u.PerSecond != v.PerSecond && u.Base != Ratio {
		return Unit{}
	}
	if u.Base == v.Base || !u.Dimension() && !v.Dimension() {
		return Unit{Base: Ratio, Scale: u.Scale / v.Scale}
	}
	if !v.Dimension() && v.Scale == 1 { // seconds per request
		if u.Base == Ratio && v.PerSecond {
			return Unit{Base: "seconds", Scale: u.Scale} // (seconds per second) per (request per second)
		}
		return Unit{Base: u.Base, Scale: u.Scale}
	}
	return Unit{}
}

// plus is the unit of a sum or difference, and of one side or the other.
func (u Unit) plus(v Unit) Unit {
	if u == v {
		return u
	}
	if !u.Dimension() && !v.Dimension() && u.Known() && v.Known() && u.Scale == v.Scale && u.PerSecond == v.PerSecond {
		return Unit{Base: Count, Scale: u.Scale, PerSecond: u.PerSecond}
	}
	return Unit{}
}
