package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// answers is an admin socket that knows some commands by heart. It hands on what it was asked.
func answers(t *testing.T, known map[string]string) (socket string, asked chan string) {
	t.Helper()
	socket, asked = filepath.Join(t.TempDir(), "s"), make(chan string, 16)
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			line, _ := bufio.NewReader(c).ReadString('\n')
			line = strings.TrimSpace(line)
			asked <- line
			io.WriteString(c, known[line]+"\n")
			c.Close()
		}
	}()
	return socket, asked
}

// answersAll is answers for somebody who does not care what is asked.
func answersAll(t *testing.T, known map[string]string) (socket string) {
	socket, asked := answers(t, known)
	go func() {
		for range asked {
		}
	}()
	return socket
}

const statAnswer = `# pxname,svname,scur,status,weight,lastchg,last_chk,check_status,addr,hrsp_5xx,econ,cookie,
web,FRONTEND,5,OPEN,,,,,,2,,,
web,a,3,UP 2/3,1,7200,,L4OK,10.0.0.1:80,2,1,7,
web,b,0,DOWN,1,61,"Connection refused, really",L4CON,10.0.0.2:80,,0,B,
web,BACKEND,3,UP,1,90061,,,,2,1,SERVERID,
`

// call runs lbctl and returns everything that comes out.
func call(socket string, args ...string) (status int, stdout, stderr string) {
	var out, errs strings.Builder
	env := env{args: args, getenv: func(name string) string { return map[string]string{socketVariable: socket}[name] }, stdout: &out, stderr: &errs}
	return run(env), out.String(), errs.String()
}

func TestStatus(t *testing.T) {
	socket, _ := answers(t, map[string]string{"show stat": statAnswer})
	status, out, errs := call(socket, "status")
	want := `PROXY  SERVER    STATUS  SINCE  WEIGHT  SESSIONS  RATE  REQUESTS  4XX  5XX  ERRORS  CHECK                               ADDRESS
web    FRONTEND  OPEN    -      -       5         -     -         -    2    0       -                                   
web    a         UP 2/3  2h0m   1       3         -     -         -    2    1       L4OK                                10.0.0.1:80
web    b         DOWN    1m1s   1       0         -     -         -    -    0       L4CON (Connection refused, really)  10.0.0.2:80
web    BACKEND   UP      1d1h   1       3         -     -         -    2    1       -                                   
`
	if status != 0 || out != want || errs != "" {
		t.Errorf("status %d, %s\n%s\nwant\n%s", status, errs, out, want)
	}
	status, out, _ = call(socket, "status", "--json")
	var rows []map[string]any
	if err := json.Unmarshal([]byte(out), &rows); err != nil || status != 0 || len(rows) != 4 {
		t.Fatalf("status %d, %v: %s", status, err, out)
	}
	if a := rows[1]; a["svname"] != "a" || a["scur"] != 3.0 || a["cookie"] != "7" || a["last_chk"] != nil {
		t.Errorf("%v", a)
	}
}

// TestBackendDown: a script sees in the exit status that nobody is left.
func TestBackendDown(t *testing.T) {
	socket, _ := answers(t, map[string]string{"show stat": strings.Replace(statAnswer, "BACKEND,3,UP", "BACKEND,3,DOWN", 1)})
	for _, args := range [][]string{{"status"}, {"-json", "status"}} {
		if status, out, errs := call(socket, args...); status != exitDown || errs != "" || out == "" {
			t.Errorf("%v: status %d, %q, %q", args, status, out, errs)
		}
	}
}

func TestCommands(t *testing.T) {
	for _, tt := range []struct {
		args, asked, answer, out, errs string
		status                         int
	}{
		{"workers", "show workers", "# slot pid since memory\n0 7 60 3145728\n", "SLOT  PID  SINCE  MEMORY\n0     7    1m0s   3.0M\n", "", 0},
		{"workers", "show workers", "# slot since\n0 60 more\n1\n", "SLOT  SINCE\n0     1m0s  more\n1\n", "", 0},
		{"-json workers", "show workers", "# slot since\n0 60 more\n", "[\n  {\n    \"since\": 60,\n    \"slot\": 0\n  }\n]\n", "", 0},
		{"workers", "show workers", "# slot pid\n0 \x1b[2J\u009b\xff\n", "SLOT  PID\n0     \ufffd[2J\ufffd\ufffd\n", "", 0},
		{"raw show info", "show info", "a\x1b]0;x\a\tb\n", "a\ufffd]0;x\ufffd\tb\n", "", 0},
		{"-json generations", "show generations", "# generation state\n1 active\n", "[\n  {\n    \"generation\": 1,\n    \"state\": \"active\"\n  }\n]\n", "", 0},
		{"info", "show info", "Name: lbmaster\n", "Name: lbmaster\n", "", 0},
		{"info -json", "show info", "Name: lbmaster\nPid: 7\n", "{\n  \"Name\": \"lbmaster\",\n  \"Pid\": 7\n}\n", "", 0},
		{"raw show stat web -1 -1", "show stat web -1 -1", "x\n", "x\n", "", 0},
		{"server drain web/x", "set server web/x state drain", "No such server.\n", "", "lbctl: No such server.\n", 1},
		{"server weight web/x 300", "set server web/x weight 300", "Absolute weight\n", "", "lbctl: Absolute weight\n", 1},
		{"server addr web/x 10.0.0.1:80", "set server web/x addr 10.0.0.1 port 80", "Invalid addr\n", "", "lbctl: Invalid addr\n", 1},
		{"server addr web/x 10.0.0.1", "set server web/x addr 10.0.0.1", "Invalid addr\n", "", "lbctl: Invalid addr\n", 1},
		{"server addr web/x [::1]:80", "set server web/x addr ::1 port 80", "Invalid addr\n", "", "lbctl: Invalid addr\n", 1},
	} {
		socket, asked := answers(t, map[string]string{tt.asked: tt.answer})
		status, out, errs := call(socket, strings.Fields(tt.args)...)
		if got := <-asked; got != tt.asked || status != tt.status || out != tt.out || errs != tt.errs {
			t.Errorf("lbctl %s: asked %q, status %d, out %q, errors %q", tt.args, got, status, out, errs)
		}
	}
}

// TestServer: what has been changed is shown.
func TestServer(t *testing.T) {
	for args, asked := range map[string]string{
		"server ready web/a":             "set server web/a state ready",
		"server maint web/a":             "set server web/a state maint",
		"server weight web/a 50%":        "set server web/a weight 50%",
		"server health web/a stopping":   "set server web/a health stopping",
		"server addr web/a 10.0.0.1:80":  "set server web/a addr 10.0.0.1 port 80",
		"server addr web/a 10.0.0.2:443": "set server web/a addr 10.0.0.2 port 443",
	} {
		answer := map[string]string{"show stat": statAnswer, asked: ""}
		if strings.Contains(args, "addr") {
			answer[asked] = "IP changed from '10.0.0.9' to '10.0.0.1' by 'stats socket command'\n"
		}
		socket, heard := answers(t, answer)
		status, out, errs := call(socket, strings.Fields(args)...)
		if got := <-heard; got != asked || status != 0 || out != "web/a: UP 2/3, weight 1, 10.0.0.1:80\n" || errs != "" {
			t.Errorf("lbctl %s: asked %q, status %d, out %q, errors %q", args, got, status, out, errs)
		}
	}
}

// TestOrphaned: an instance without a master looks as always, so lbctl says it, whatever was asked, and how it ended.
func TestOrphaned(t *testing.T) {
	for _, tt := range []struct {
		info  string
		warns bool
	}{{"Pid: 7\nOrphaned: 1\nOrphaned_sec: 75\n", true}, {"Pid: 7\nOrphaned: 0\nOrphaned_sec: 0\n", false}, {"Pid: 7\n", false}} {
		answers := map[string]string{"show info": tt.info, "show workers": "# slot\n0\n", "show generations": "# generation\n1\n", "show stat": statAnswer, "set server web/a state ready": ""}
		socket := answersAll(t, answers)
		for _, args := range []string{"status", "workers", "generations", "info", "-json info", "server ready web/a"} {
			status, _, errs := call(socket, strings.Fields(args)...)
			if warned := strings.Contains(errs, `process "7") died 1m15s ago`); warned != tt.warns || status != 0 {
				t.Errorf("lbctl %s, %q: status %d, it said %q", args, tt.info, status, errs)
			}
		}
	}
}

func TestMisuse(t *testing.T) {
	for _, args := range []string{"", "stat", "status web", "server", "server drain", "server drain web", "server up web/a", "server weight web/a", "raw", "-x status", "server drain web/a 1"} {
		if status, out, errs := call("/nowhere", strings.Fields(args)...); status != exitUsage || out != "" || !strings.HasPrefix(errs, "lbctl: ") {
			t.Errorf("lbctl %s: status %d, %q, %q", args, status, out, errs)
		}
	}
	if status, out, _ := call("", "-h"); status != 0 || out != usage {
		t.Errorf("-h: status %d, %q", status, out)
	}
}

// TestAnswerWithoutEnd: what listens on the path may be anything.
func TestAnswerWithoutEnd(t *testing.T) {
	socket, _ := answers(t, map[string]string{"show info": strings.Repeat("x", maxAnswer)})
	if status, out, errs := call(socket, "info"); status != exitNobody || out != "" || !strings.Contains(errs, "more than 32 MiB") {
		t.Errorf("status %d, %d bytes, %q", status, len(out), errs)
	}
}

// TestNotAskedAgain: whoever has not answered is not waited for once more.
func TestNotAskedAgain(t *testing.T) {
	socket, asked := answers(t, nil)
	for args, want := range map[string]int{"status": 1, "server ready web/a": 2} { // the answer to the first one of two may be empty
		if status, _, _ := call(socket, strings.Fields(args)...); status != exitNobody || len(asked) != want {
			t.Errorf("lbctl %s: status %d, asked %d times", args, status, len(asked))
		}
		for len(asked) > 0 {
			<-asked
		}
	}
}

// TestVisibleErrors: what stood on the command line comes back without what a terminal would obey.
func TestVisibleErrors(t *testing.T) {
	for _, args := range [][]string{{"-s", "/\x1b[2J", "status"}, {"-\x1b[2J"}, {"server", "\x1b[2J", "web/a"}, {"\x1b[2J"}, {"top\x1b", "x"}} {
		if status, out, errs := call("/nowhere", args...); status == exitOK || out != "" || strings.ContainsAny(errs, "\x1b") {
			t.Errorf("%q: status %d, %q, %q", args, status, out, errs)
		}
	}
}

// waitVariable makes the test binary the command, for TestInterrupt.
const waitVariable = "LBCTL_TEST_SOCKET"

func TestMain(m *testing.M) {
	if socket := os.Getenv(waitVariable); socket != "" {
		e := system()
		e.args = []string{"-s", socket, "status"}
		os.Exit(run(e))
	}
	os.Exit(m.Run())
}

// TestInterrupt: Ctrl-C ends a command that waits for an answer.
func TestInterrupt(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	command := exec.Command("/proc/self/exe")
	command.Env = append(os.Environ(), waitVariable+"="+l.Addr().String())
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // it says what the state says
	if status := command.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("ended with %v", command.ProcessState)
	}
}

func TestNobodyAnswers(t *testing.T) {
	status, _, errs := call("/nowhere/s", "status")
	if status != exitNobody || !strings.Contains(errs, "cannot reach lbmaster: dial unix /nowhere/s: connect: no such file or directory") {
		t.Errorf("status %d, %q", status, errs)
	}
	if status, _, errs := call("/nowhere/a", "-s", "/nowhere/b", "status"); status != exitNobody || !strings.Contains(errs, "/nowhere/b") {
		t.Errorf("status %d, %q", status, errs)
	}
	socket, _ := answers(t, nil)
	if status, _, errs := call(socket, "status"); status != exitNobody || !strings.Contains(errs, "cannot be understood") {
		t.Errorf("an empty answer: status %d, %q", status, errs)
	}
}

// TestTop shows the status at every tick, whoever answers, until it is stopped.
func TestTop(t *testing.T) {
	socket, asked := answers(t, map[string]string{"show stat": statAnswer})
	stop, tick := make(chan os.Signal), make(chan time.Time)
	r, w := io.Pipe()
	done := make(chan int)
	go func() {
		done <- run(env{args: []string{"top"}, getenv: func(string) string { return socket }, stdout: w, stderr: io.Discard, stop: func() <-chan os.Signal { return stop }, tick: tick})
	}()
	screen := make([]byte, 4096)
	for i := range 3 {
		n, err := r.Read(screen)
		if err != nil || !strings.HasPrefix(string(screen[:n]), home+"lbmaster, ") || !strings.Contains(string(screen[:n]), "web    b         DOWN") {
			t.Errorf("screen %d: %q, %v", i, screen[:n], err)
		}
		<-asked
		if i < 2 {
			tick <- time.Time{}
		}
	}
	stop <- os.Interrupt
	if status := <-done; status != 0 {
		t.Errorf("status %d", status)
	}
}

func TestAgo(t *testing.T) {
	for in, want := range map[string]string{"0": "0s", "59": "59s", "60": "1m0s", "3661": "1h1m", "86400": "1d0h", "": "-", "x": "x"} {
		if got := ago(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if got := fmt.Sprint(bytes("1572864"), " ", bytes("")); got != "1.5M -" {
		t.Errorf("bytes: %s", got)
	}
}
