package monitor

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/shared/faults"
	"lbmaster/worker/channel"
	"lbmaster/worker/monitor/admin"
)

// newMemory is the memory of a worker's faults, and a descriptor to read it.
func newMemory(t *testing.T) (*faults.Memory, int) {
	t.Helper()
	fd, err := faults.Create(3)
	if err != nil {
		t.Fatal(err)
	}
	own, err := faults.ReadOnly(fd)
	if err != nil {
		t.Fatal(err)
	}
	m, err := faults.Open(fd, 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m, own
}

// serveCalls is the loop of a monitor that has nothing else to do.
func (m *monitor) serveCalls(t *testing.T) {
	done, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		for {
			select {
			case call := <-m.calls:
				call()
			case <-done:
				return
			}
		}
	}()
	t.Cleanup(func() { close(done); <-ended })
}

// says is the answer to a command.
func (m *monitor) says(t *testing.T, line string) string {
	t.Helper()
	c, err := admin.Parse(strings.Fields(line))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	m.execute(&b, &b, &c)
	return b.String()
}

// TestShowErrors: of all workers and generations the last fault of each proxy is shown, and those of a generation that has ended are
// not.
func TestShowErrors(t *testing.T) {
	m, _ := buildMonitor(t, newInstance(t, testConfig("127.62.2.4"), 2))
	first, firstFD := newMemory(t)
	second, secondFD := newMemory(t)
	old, oldFD := newMemory(t)
	m.generation = 4
	m.takeFaults(order{control.Message{Generation: 3}, []int{oldFD}})
	m.takeFaults(order{control.Message{Generation: 4}, []int{firstFD, secondFD}})
	first.Put(0, &faults.Fault{When: 1000, Status: 400, Frontend: "web", Text: "early", Client: []byte("1.2.3.4:5")})
	second.Put(0, &faults.Fault{When: 3000, Status: 400, Frontend: "web", Text: "late", Client: []byte("1.2.3.4:6")})
	old.Put(0, &faults.Fault{When: 2000, Status: 400, Frontend: "web", Text: "between", Client: []byte("1.2.3.4:7")})
	old.Put(1, &faults.Fault{When: 2000, Status: 502, Response: true, Frontend: "web", Backend: "gone", Server: "s", Text: "odd", At: -1})
	m.serveCalls(t)
	text := m.says(t, "show errors")
	for _, want := range []string{
		": 4\n", "frontend web (#2): invalid request\n", "worker 1, generation 4, src 1.2.3.4:6\n  status 400: late\n",
		"backend gone (#-1): invalid response\n", "server s (#-1), worker 0, generation 3, src \n  status 502: odd\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "early") || strings.Contains(text, "between") {
		t.Errorf("not the last one of all:\n%s", text)
	}
	m.forgetFaults(3)
	if text := m.says(t, "show errors"); strings.Contains(text, "gone") || !strings.Contains(text, ": 2\n") {
		t.Errorf("when generation 3 has ended:\n%s", text)
	}
	if text := m.says(t, "show errors gone"); text != "No such proxy.\n" {
		t.Errorf("of a proxy that is gone: %q", text)
	}
}

// TestUnreadableFaults: what is no memory of faults is said to be none, and descriptors that got lost are asked for.
func TestUnreadableFaults(t *testing.T) {
	m, _ := buildMonitor(t, newInstance(t, testConfig("127.62.2.5"), 2))
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer control.CloseAll(pair[:])
	m.channel = channel.New(pair[0], func(text string) { t.Error(text) })
	null, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	m.takeFaults(order{control.Message{Generation: 1, Slot: 1}, []int{null}})
	m.serveCalls(t)
	if text := m.says(t, "show errors"); !strings.Contains(text, "# worker 1, generation 1, cannot be read") {
		t.Errorf("got %s", text)
	}
	m.takeFaults(order{Message: control.Message{Generation: 7}})
	m.askForFaults()
	m.askForFaults()
	if said, _, err := control.Recv(pair[1]); err != nil || said.Kind != control.Again || said.Asked != control.Faults || said.Generation != 7 {
		t.Errorf("said %+v, %v", said, err)
	}
	if said, _, err := control.Recv(pair[1]); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("said also %+v, %v", said, err)
	}
}
