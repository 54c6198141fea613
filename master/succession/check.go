package succession

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	checkTime = 10 * time.Second       // bounds how long the check of the new program and configuration may take
	checkLate = 500 * time.Millisecond // a check that ends so much later has not had its time: the machine stood still
)

// check asks the new program about the new configuration: once more when the machine stood still while it answered.
func check(environ []string) error {
	began := time.Now()
	err := checkOnce(environ)
	if err != nil && time.Since(began) > checkTime+checkLate {
		err = checkOnce(environ)
	}
	return err
}

// checkOnce runs the new program on the new configuration, without starting anything.
func checkOnce(environ []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], append([]string{"-t"}, os.Args[1:]...)...)
	cmd.Env = environ
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the check of the new program and configuration fails: %w: %s", err, strings.TrimSpace(said.String()))
	}
	return nil
}
