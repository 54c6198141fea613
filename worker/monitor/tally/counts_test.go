package tally

import (
	"reflect"
	"testing"
)

// TestSince: every counter takes part.
func TestSince(t *testing.T) {
	var c, base Counts
	v, b := reflect.ValueOf(&c).Elem(), reflect.ValueOf(&base).Elem()
	for i := range v.NumField() {
		v.Field(i).SetUint(uint64(100 + i))
		b.Field(i).SetUint(uint64(i))
	}
	for i, d := 0, reflect.ValueOf(c.Since(base)); i < d.NumField(); i++ {
		if n := d.Field(i).Uint(); n != 100 {
			t.Errorf("%s is %d", d.Type().Field(i).Name, n)
		}
	}
	if n := base.Since(c); n != (Counts{}) {
		t.Errorf("less than the base became %+v", n)
	}
}
