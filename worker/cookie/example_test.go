package cookie_test

import (
	"fmt"

	"lbmaster/worker/cookie"
)

// Of several cookies of the name, whoever chooses a server looks at one after the other.
func ExampleValuesOf() {
	v := cookie.ValuesOf([]byte("a=1; SERVERID=A; SERVERID=B"), "SERVERID")
	for value, ok := v.Next(); ok; value, ok = v.Next() {
		fmt.Printf("%s ", value)
	}
	// Output: A B
}

// In mode insert with indirect, servers do not see the cookie.
func ExampleAppendWithout() {
	out, removed := cookie.AppendWithout(nil, []byte("a=1; SERVERID=A; b=2"), "SERVERID")
	fmt.Printf("%s, %v\n", out, removed)
	// Output: a=1; b=2, true
}

// In mode prefix, the client's cookie has the server before the application's value.
func ExampleAppendPrefixed() {
	set := cookie.AppendPrefixed(nil, []byte("JSESSIONID=x; path=/"), "A")
	back := cookie.AppendStripped(nil, []byte("JSESSIONID=A~x"), "JSESSIONID")
	id, rest, _ := cookie.Split([]byte("A~x"))
	fmt.Printf("%s\n%s\n%s and %s\n", set, back, id, rest)
	// Output:
	// JSESSIONID=A~x; path=/
	// JSESSIONID=x
	// A and x
}
