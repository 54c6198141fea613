package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"time"
	"unicode"
)

// askTime bounds how long lbmaster may take to answer.
const askTime = 10 * time.Second

// maxAnswer bounds the memory for an answer, in bytes. That about 20,000 servers takes 6 MiB.
const maxAnswer = 32 << 20

// ask sends one command to the admin socket and returns the answer, without the blank line at its end.
func (o *options) ask(command string) (string, error) {
	c, err := net.DialTimeout("unix", o.socket, askTime)
	if err != nil {
		return "", fmt.Errorf("cannot reach lbmaster: %w (is it running, with admin.socket = %q, and are you its user?)", err, o.socket)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(askTime)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(c, command+"\n"); err != nil {
		return "", fmt.Errorf("cannot ask lbmaster: %w", err)
	}
	answer, err := io.ReadAll(io.LimitReader(c, maxAnswer+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("lbmaster does not answer: %w", err)
	case len(answer) > maxAnswer:
		return "", fmt.Errorf("an answer of more than %d MiB: is it lbmaster that listens on %s?", maxAnswer>>20, o.socket)
	}
	text, ok := strings.CutSuffix(string(answer), "\n")
	if !ok {
		return "", fmt.Errorf("lbmaster ended the connection without an answer")
	}
	return strings.Map(visible, text), nil
}

// visible keeps what an answer consists of, and nothing that a terminal would obey: names come from others.
func visible(r rune) rune {
	if r == '\n' || r == '\t' || unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}

// server changes a server.
func (o *options) server(e env, words []string) error {
	if len(words) < 2 || strings.Count(words[1], "/") != 1 {
		return misuse("server: what with which BACKEND/SERVER?")
	}
	verb, name, rest := words[0], words[1], words[2:]
	command := ""
	switch {
	case (verb == "ready" || verb == "drain" || verb == "maint") && len(rest) == 0:
		command = "state " + verb
	case (verb == "health" || verb == "weight") && len(rest) == 1:
		command = verb + " " + rest[0]
	case verb == "addr" && len(rest) == 1:
		command = "addr " + address(rest[0])
	default:
		return misuse("server %s: wrong", strings.Join(words, " "))
	}
	answer, err := o.ask("set server " + name + " " + command)
	if err != nil {
		return err
	}
	// Only a change of the address is answered when it succeeds.
	if answer != "" && !(verb == "addr" && changed(answer)) {
		return &statusError{exitRefused, strings.TrimSpace(answer)}
	}
	rows, err := o.rows()
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r["pxname"]+"/"+r["svname"] == name {
			fmt.Fprintf(e.stdout, "%s: %s, weight %s, %s\n", name, r["status"], r["weight"], r["addr"])
		}
	}
	return nil
}

// address is "IP:PORT" in the words of the socket.
func address(s string) string {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return s
	}
	return host + " port " + port
}

func changed(answer string) bool {
	return strings.HasPrefix(answer, "IP changed") || strings.HasPrefix(answer, "no need to change the addr")
}
