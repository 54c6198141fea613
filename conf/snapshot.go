package conf

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Snapshot is the configuration as the master hands it to its children: the same bytes for the same configuration.
func (c *Config) Snapshot() []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic("conf: a configuration cannot be encoded: " + err.Error()) // all its types can
	}
	return b
}

// FromSnapshot is the inverse of Snapshot.
func FromSnapshot(b []byte) (*Config, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	c := &Config{}
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("configuration snapshot: %w", err)
	}
	return c, nil
}
