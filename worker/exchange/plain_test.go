package exchange

import (
	"reflect"
	"testing"
)

// TestPlainIsPlain: what would go along into another process is values only, and strings.
func TestPlainIsPlain(t *testing.T) { wantPlain(t, "Plain", reflect.TypeFor[Plain]()) }

func wantPlain(t *testing.T, name string, of reflect.Type) {
	switch of.Kind() {
	case reflect.Struct:
		for f := range of.Fields() {
			wantPlain(t, name+"."+f.Name, f.Type)
		}
	case reflect.Array:
		wantPlain(t, name+"[]", of.Elem())
	case reflect.Pointer, reflect.UnsafePointer, reflect.Slice, reflect.Map, reflect.Interface, reflect.Func, reflect.Chan:
		t.Errorf("%s is a %v", name, of)
	}
}
