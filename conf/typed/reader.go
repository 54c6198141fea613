// Package typed reads raw tables: values of the types that keys have, with those of the defaults behind them. What has another type, is
// out of range or has no such key goes to the findings. It is pure.
package typed

import (
	"lbmaster/conf/key"
	"lbmaster/conf/raw"
)

// Reader reads the tables of one document.
type Reader struct {
	*raw.Findings
	Origin raw.Origin
	Words  *raw.Words // how things are written in the language of the document
}

// At is the place of a key.
func (r *Reader) At(key string) raw.Place { return r.Origin.Of(key) }

// Table is a section, with what stands behind it. Its keys are not checked yet.
func (r *Reader) Table(s *raw.Section, scope key.Scope) *Table {
	if s == nil {
		return nil
	}
	return &Table{Reader: r, Path: s.Path, Scope: scope, Values: s.Values, fallback: r.Table(s.Behind, scope)}
}
