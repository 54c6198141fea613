package control

import (
	"encoding/hex"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/shared/privileges"
)

var update = flag.Bool("update", false, "write what is encoded into testdata")

// wireMessages are a message of each kind, with the fields that its kind uses. Together they use all fields.
func wireMessages() []Message {
	identity := &privileges.Identity{User: 33, Group: 34, Groups: []int{35, 36}, Chroot: "/var/empty", LowPorts: true}
	shards := []Shard{{0, 1}, {AdminFrontend, AdminListen}}
	places := [][]Place{{PlaceOf(Shard{0, 1}), NoPlace}, {}, {PlaceOf(Shard{2, 0})}}
	exact := map[netip.AddrPort]Place{
		netip.MustParseAddrPort("192.0.2.1:80"):      PlaceOf(Shard{1, 2}),
		netip.MustParseAddrPort("[2001:db8::1]:443"): NoPlace,
	}
	return []Message{
		{Kind: Hello, Pid: 71},
		{Kind: Start, Generation: 3, Slot: 1, Workers: 4, Identity: identity, Pid: 70, Since: 1_700_000_000_123},
		{Kind: Start, Identity: &privileges.Identity{}},
		{Kind: Listeners, Shards: shards, Last: true},
		{Kind: Ready},
		{Kind: Activate},
		{Kind: Pause},
		{Kind: Paused},
		{Kind: Resume},
		{Kind: Drain},
		{Kind: Drain, Places: places, Exact: exact},
		{Kind: Predecessor, Generation: 2, Slot: 1},
		{Kind: PeerGeneration, Generation: 2},
		{Kind: GenerationEnded, Generation: 2},
		{Kind: Lend, Slot: 1, Shards: shards, Last: true},
		{Kind: Return, Slot: 1},
		{Kind: Retire},
		{Kind: Stop},
		{Kind: Report, Reason: "no memory"},
		{Kind: Bye, Reason: "drained"},
		{Kind: Child, Generation: 2, Slot: MonitorSlot, Pid: 72, State: "draining", Since: 1, Restarts: 5, Sessions: 6, Program: "1.2.3"},
		{Kind: Ping},
		{Kind: Pong},
		{Kind: Reopen},
		{Kind: Logs},
		{Kind: Again, Asked: Predecessor, Generation: 2, Slot: 1, Shards: shards},
		{Kind: Again, Asked: PeerGeneration, Generation: 2},
		{Kind: Profile, Slot: 1, Profile: CPUProfile, Seconds: 30},
		{Kind: Faults, Generation: 2, Slot: 1},
	}
}

// TestWire pins the bytes between processes: a program of the build before reads and writes the same. Whoever changes them on
// purpose raises Version.
func TestWire(t *testing.T) {
	var b strings.Builder
	used := make(map[string]bool)
	left := make(map[Kind]bool)
	for kind := range kinds {
		left[kind] = true
	}
	for _, m := range wireMessages() {
		delete(left, m.Kind)
		noteFields(used, m)
		text, err := Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(text, '\n'))
		if again, err := Decode(text); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if once, err := Encode(again); err != nil || string(once) != string(text) {
			t.Errorf("%s came back as %s, %v", text, once, err)
		}
	}
	if len(left) > 0 {
		t.Errorf("kinds without a message: %v", left)
	}
	for f := range reflect.TypeFor[Message]().Fields() {
		if f.Name != "Version" && !used[f.Name] {
			t.Errorf("no message has the field %s", f.Name)
		}
	}
	b.WriteString(wirePlaces(t) + "\n")
	b.WriteString(wireConnection(t) + "\n")
	compareGolden(t, "wire.golden", b.String())
}

func noteFields(used map[string]bool, m Message) {
	v := reflect.ValueOf(m)
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			used[v.Type().Field(i).Name] = true
		}
	}
}

// wirePlaces is the memory file of a Drain that does not fit into a message, shortened where it repeats itself, and its name.
func wirePlaces(t *testing.T) string {
	t.Helper()
	binds := make([]Place, MaxMessage/2)
	m := Message{Kind: Drain, Places: [][]Place{binds}, Exact: map[netip.AddrPort]Place{netip.MustParseAddrPort("192.0.2.1:80"): 1}}
	short, fd, err := m.Pack()
	if err != nil || fd < 0 {
		t.Fatal(fd, err)
	}
	defer unix.Close(fd)
	name, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, MaxMessage*2)
	n, err := unix.Pread(fd, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	rest, err := Encode(short)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Replace(string(text[:n]), strings.Repeat("0,", len(binds)-1), "...,", 1)
	return string(rest) + "\n" + name + "\n" + all
}

// wireConnection is what goes with a connection that is handed over, and what comes back.
func wireConnection(t *testing.T) string {
	t.Helper()
	a, b := pair(t)
	defer unix.Close(a)
	defer unix.Close(b)
	var sent, confirmed [16]byte
	if err := SendConnection(a, PlaceOf(Shard{2, 3}), 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.Read(b, sent[:])
	if err != nil {
		t.Fatal(err)
	}
	if err := Confirm(b, 513); err != nil {
		t.Fatal(err)
	}
	c, err := unix.Read(a, confirmed[:])
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sent[:n]) + "\n" + hex.EncodeToString(confirmed[:c])
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}
