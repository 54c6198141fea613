//go:build linux

package tests

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// Programs of the distribution that speak protocols of their own through a relay, without knowing of it.

// startServer runs a program that listens on addr until the end of the test. It is ready when it says so, or with "" when it
// can be connected to.
func startServer(t *testing.T, addr, ready string, argv ...string) {
	t.Helper()
	p, err := rig.Start(filepath.Base(argv[0]), argv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stopPeer(t, p)
		if t.Failed() {
			t.Logf("%s said:\n%s", p.Name, p.Said())
		}
	})
	if err := p.Ready(fatal, func() bool { return ready == "" && rig.Connectable(addr) || ready != "" && p.Stderr.Has(ready) }); err != nil {
		t.Fatal(err)
	}
}

// client runs a program to its end and returns its standard output.
func client(t *testing.T, input io.Reader, argv ...string) ([]byte, error) {
	t.Helper()
	p := exec.Command(argv[0], argv[1:]...)
	var said bytes.Buffer
	p.Stdin, p.Stderr, p.WaitDelay = input, &said, time.Second
	timer := time.AfterFunc(fatal, func() { _ = p.Process.Kill() })
	defer timer.Stop()
	out, err := p.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s%s", filepath.Base(argv[0]), err, said.String(), out)
	}
	return out, err
}

// relaySite is a site in mode tcp with one server.
func relaySite(t *testing.T) site {
	t.Helper()
	s := site{place: newPlace(t), mode: "tcp", workers: 2}
	s.servers = []target{{"a", s.place.server(0), ""}}
	return s
}

// hostPort cuts an address in two.
func hostPort(addr string) (host, port string) {
	host, port, _ = strings.Cut(addr, ":")
	return host, port
}

// A session of ssh: keys are exchanged, a command runs, its bytes go both ways, and its exit status comes back.
func TestSSH(t *testing.T) {
	t.Parallel()
	sshd, ssh, keygen := program(t, "sshd"), program(t, "ssh"), program(t, "ssh-keygen")
	s, dir := relaySite(t), t.TempDir()
	for _, key := range []string{"host", "user"} {
		if _, err := client(t, nil, keygen, "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, key)); err != nil {
			t.Fatal(err)
		}
	}
	host, port := hostPort(s.place.server(0))
	config := fmt.Sprintf("ListenAddress %s:%s\nHostKey %s/host\nAuthorizedKeysFile %s/user.pub\nStrictModes no\nUsePAM no\n"+
		"PermitRootLogin yes\nPidFile none\nMaxStartups 100\n", host, port, dir, dir)
	if err := os.WriteFile(filepath.Join(dir, "sshd_config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // sshd locks itself up in there
		t.Skip(err)
	}
	startServer(t, s.place.server(0), "", sshd, "-D", "-e", "-f", filepath.Join(dir, "sshd_config"))
	s.run(t)
	front, frontPort := hostPort(s.place.front())
	login := []string{
		ssh, "-F", "none", "-p", frontPort, "-i", filepath.Join(dir, "user"), "-o", "StrictHostKeyChecking=no",
		"-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "root@" + front,
	}
	sent := pattern(t, 3_000_000)
	got, err := client(t, bytes.NewReader(sent), append(login, "cat; exit 7")...)
	if err == nil || !strings.Contains(err.Error(), "exit status 7") {
		t.Fatalf("%v instead of exit status 7", err)
	}
	if !bytes.Equal(got, sent) {
		t.Errorf("%d bytes came back of %d, or others", len(got), len(sent))
	}
}

// TLS from end to end: the relay sees none of it.
func TestTLS(t *testing.T) {
	t.Parallel()
	openssl := program(t, "openssl")
	s, dir := relaySite(t), t.TempDir()
	key, cert := filepath.Join(dir, "key"), filepath.Join(dir, "cert")
	if _, err := client(t, nil, openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
		"-keyout", key, "-out", cert, "-days", "1", "-subj", "/CN=relay"); err != nil {
		t.Fatal(err)
	}
	secret := pattern(t, 3_000_000)
	if err := os.WriteFile(filepath.Join(dir, "secret"), secret, 0o600); err != nil {
		t.Fatal(err)
	}
	startServer(t, s.place.server(0), "", "/bin/sh", "-c", `cd "$0" && exec "$@"`, dir,
		openssl, "s_server", "-accept", s.place.server(0), "-key", key, "-cert", cert, "-WWW", "-quiet")
	s.run(t)
	for range 3 {
		out, err := client(t, strings.NewReader("GET /secret HTTP/1.0\r\n\r\n"), openssl, "s_client", "-connect", s.place.front(),
			"-CAfile", cert, "-verify_return_error", "-quiet")
		if err != nil || !bytes.HasSuffix(out, secret) {
			t.Errorf("%d bytes, %v", len(out), err)
		}
	}
}

// Streams of iperf3 in both directions carry what it says they carry.
func TestIperf(t *testing.T) {
	t.Parallel()
	iperf := program(t, "iperf3")
	s := relaySite(t)
	host, port := hostPort(s.place.server(0))
	startServer(t, s.place.server(0), "", iperf, "-s", "-B", host, "-p", port)
	b := s.run(t)
	front, frontPort := hostPort(s.place.front())
	for _, reverse := range []string{"", "-R"} {
		const bytes = 200_000_000
		argv := []string{iperf, "-c", front, "-p", frontPort, "-J", "-P", "4", "-n", strconv.Itoa(bytes)}
		if reverse != "" {
			argv = append(argv, reverse)
		}
		before := rig.ReadCPU(b.workers()...)
		out, err := client(t, nil, argv...)
		if err != nil {
			t.Fatal(err)
		}
		var report struct {
			End struct {
				Received struct {
					Bytes float64 `json:"bytes"`
					Rate  float64 `json:"bits_per_second"`
				} `json:"sum_received"`
			} `json:"end"`
		}
		if err := json.Unmarshal(out, &report); err != nil {
			t.Fatal(err)
		}
		if got := report.End.Received.Bytes; got < bytes/2 {
			t.Errorf("%.0f bytes were received of %d; what is on the way at the end does not count", got, bytes)
		}
		t.Logf("%s %.1f Gbit/s, %v of processor time", reverse, report.End.Received.Rate/1e9, rig.ReadCPU(b.workers()...).Sub(before).Total())
	}
}

// A session of PostgreSQL: its own handshake, queries, a cancelled one over a second connection, and a copy of many rows.
func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	s := relaySite(t)
	host, port := hostPort(s.place.server(0))
	query := startPostgres(t, host, port)
	s.run(t)
	front, frontPort := hostPort(s.place.front())
	ask := func(sql string) ([]byte, error) { return query(front, frontPort, sql) }
	out, err := ask("create table t (n int, s text); insert into t select i, md5(i::text) from generate_series(1, 100000) i;\n" +
		"select count(*), md5(string_agg(s, '' order by n)) from t;\n")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := ask("copy t to stdout;\n")
	if err != nil || bytes.Count(rows, []byte("\n")) != 100_000 {
		t.Fatalf("%d rows, %v", bytes.Count(rows, []byte("\n")), err)
	}
	again, err := ask("create temp table u (n int, s text);\n\\copy u from stdin\n" + string(rows) + "\\.\n" +
		"select count(*), md5(string_agg(s, '' order by n)) from u;\n")
	if err != nil || !bytes.Equal(again, out) {
		t.Errorf("%x and %x, %v: rows have changed on the way", sha256.Sum256(again), sha256.Sum256(out), err)
	}
}

// startPostgres starts a server on addresses, with commas between them. The function that it returns is a session: it gives the output.
func startPostgres(t *testing.T, hosts, port string) func(host, port, sql string) ([]byte, error) {
	t.Helper()
	psql, initdb := program(t, "psql"), postgresProgram(t, "initdb")
	dir := filepath.Join(t.TempDir(), "db")
	as := postgresUser(t, filepath.Dir(dir))
	if _, err := client(t, nil, append(as, initdb, "-D", dir, "-A", "trust", "-U", "tester", "--no-sync")...); err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(hosts, ",")
	startServer(t, first+":"+port, "ready to accept connections", append(as, postgresProgram(t, "postgres"), "-D", dir, "-h", hosts, "-p", port, "-k", "")...)
	return func(host, port, sql string) ([]byte, error) {
		return client(t, strings.NewReader(sql), psql, "-h", host, "-p", port, "-U", "tester", "-d", "postgres", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1")
	}
}

// postgresProgram finds a program that Debian does not put on the path.
func postgresProgram(t *testing.T, name string) string {
	t.Helper()
	const where = "/usr/lib/postgresql/*/bin/"
	if found, _ := filepath.Glob(where + name); len(found) > 0 {
		return found[len(found)-1]
	}
	if err := installer.Install("postgresql"); err != nil {
		t.Skip(err)
	}
	found, _ := filepath.Glob(where + name)
	if len(found) == 0 {
		t.Fatalf("no %s%s after the installation of postgresql", where, name)
	}
	return found[len(found)-1]
}

// postgresUser is what to put before the commands, which refuse to be root. The user gets the directory.
func postgresUser(t *testing.T, dir string) []string {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	const nobody = 65534
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) { // t.TempDir has made them ours alone
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	return []string{program(t, "setpriv"), "--reuid", strconv.Itoa(nobody), "--regid", strconv.Itoa(nobody), "--clear-groups"}
}
