package channel

import (
	"errors"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/shm"
)

// ReadConfig reads the master's snapshot of the configuration and closes its descriptor.
func ReadConfig(fd int) (*conf.Config, error) {
	text, err := shm.Unseal(fd)
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	config, err := conf.FromSnapshot(text)
	return config, errors.Join(err, unix.Close(fd))
}
