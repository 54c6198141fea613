package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// record is a row of an answer, by the names of its columns.
type record map[string]string

// rows are those of show stat.
func (o *options) rows() ([]record, error) {
	text, err := o.ask("show stat")
	if err != nil {
		return nil, err
	}
	all, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "# "))).ReadAll()
	if err != nil || len(all) == 0 {
		return nil, fmt.Errorf("lbmaster gave an answer that cannot be understood: %.80q", text)
	}
	return records(all), nil
}

// records are the lines below a header.
func records(all [][]string) []record {
	var rows []record
	for _, cells := range all[1:] {
		r := make(record)
		for i, cell := range cells {
			if i < len(all[0]) && all[0][i] != "" && cell != "" {
				r[all[0][i]] = cell
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// status shows proxies and servers.
func (o *options) status(e env) error {
	rows, err := o.rows()
	if err != nil {
		return err
	}
	if o.json {
		err = writeJSON(e.stdout, rows)
	} else {
		err = writeStatus(e.stdout, rows)
	}
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r["svname"] == "BACKEND" && r["status"] == "DOWN" {
			return &statusError{exitDown, ""} // the table says it
		}
	}
	return nil
}

func writeStatus(to io.Writer, rows []record) error {
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PROXY\tSERVER\tSTATUS\tSINCE\tWEIGHT\tSESSIONS\tRATE\tREQUESTS\t4XX\t5XX\tERRORS\tCHECK\tADDRESS")
	for _, r := range rows {
		errors := number(r["econ"]) + number(r["eresp"]) + number(r["ereq"])
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", r["pxname"], r["svname"], r["status"], ago(r["lastchg"]), dash(r["weight"]),
			dash(r["scur"]), dash(r["rate"]), dash(r["req_tot"]), dash(r["hrsp_4xx"]), dash(r["hrsp_5xx"]), errors, check(r), r["addr"])
	}
	return t.Flush()
}

// check is the last check of a row in one word, and why it failed.
func check(r record) string {
	if r["last_chk"] != "" {
		return r["check_status"] + " (" + r["last_chk"] + ")"
	}
	return dash(r["check_status"])
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64) // what is empty counts nothing
	return n
}

// ago is a number of seconds as people say it.
func ago(s string) string {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return dash(s)
	}
	for _, u := range []struct {
		seconds int64
		large   string
		small   string
	}{{86400, "d", "h"}, {3600, "h", "m"}, {60, "m", "s"}} {
		if n >= u.seconds {
			small := map[string]int64{"h": 3600, "m": 60, "s": 1}[u.small]
			return fmt.Sprintf("%d%s%d%s", n/u.seconds, u.large, n%u.seconds/small, u.small)
		}
	}
	return fmt.Sprintf("%ds", n)
}

// bytes is a number of bytes as people say it.
func bytes(s string) string {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return dash(s)
	}
	return fmt.Sprintf("%.1fM", float64(n)/(1<<20))
}

// list shows an answer that is a table with a header: "# name name ..."; some columns in the words of people.
func (o *options) list(e env, command string, people map[string]func(string) string) error {
	text, err := o.ask(command)
	if err != nil {
		return err
	}
	var all [][]string
	var notes []string // what is said below the table
	for line := range strings.Lines(strings.TrimPrefix(text, "# ")) {
		if note, ok := strings.CutPrefix(line, "# "); ok {
			notes = append(notes, note)
			continue
		}
		all = append(all, strings.Fields(line))
	}
	if len(all) == 0 {
		return &statusError{exitRefused, "lbmaster gave no answer"}
	}
	if o.json {
		return writeJSON(e.stdout, records(all))
	}
	t := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.ToUpper(strings.Join(all[0], "\t")))
	for _, cells := range all[1:] {
		for i := range min(len(cells), len(all[0])) { // a newer lbmaster may tell more than its header names
			if f := people[all[0][i]]; f != nil {
				cells[i] = f(cells[i])
			}
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	err = t.Flush()
	for _, note := range notes {
		fmt.Fprint(e.stdout, note)
	}
	return err
}

// info shows the instance as a whole.
func (o *options) info(e env) error {
	text, err := o.ask("show info")
	if err != nil || !o.json {
		fmt.Fprint(e.stdout, text)
		return err
	}
	return writeJSON(e.stdout, pairs(text))
}

// pairs are the lines "name: value" of an answer.
func pairs(text string) record {
	r := make(record)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			r[name] = value
		}
	}
	return r
}

// writeJSON writes records, whose numbers become numbers.
func writeJSON(to io.Writer, v any) error {
	e := json.NewEncoder(to)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// words are the columns that stay words even when they look like numbers.
const words = " pxname svname status cookie addr last_chk node Version "

// MarshalJSON leaves out what is empty.
func (r record) MarshalJSON() ([]byte, error) {
	all := make(map[string]any)
	for name, s := range r {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && !strings.Contains(words, " "+name+" ") {
			all[name] = n
		} else if s != "" {
			all[name] = s
		}
	}
	return json.Marshal(all)
}

// home makes a terminal begin again at its top (ECMA-48: CUP, ED).
const home = "\x1b[H\x1b[2J"

// top shows the status again and again, until it is told to stop. It outlives lbmaster: what is started again is shown.
func (o *options) top(e env) error {
	stop := e.stop()
	for {
		var screen strings.Builder
		screen.WriteString(home + "lbmaster, " + time.Now().Format(time.TimeOnly) + "\n\n")
		inner := e
		inner.stdout = &screen
		if err := o.status(inner); err != nil && err.Error() != "" {
			screen.WriteString(strings.Map(visible, err.Error()) + "\n")
		}
		fmt.Fprint(e.stdout, screen.String())
		select {
		case <-stop:
			return nil
		case <-e.tick:
		}
	}
}
