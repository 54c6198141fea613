package conf

// The sizes of heads that max_header may allow, in bytes.
const (
	DefaultMaxHeader = 15 << 10
	leastMaxHeader   = 4 << 10
	MostMaxHeader    = 256 << 10
)

// HeaderLimit is how large the head of a request or response of the frontend may be, in bytes.
func (f *Frontend) HeaderLimit() int {
	if f.MaxHeader == 0 {
		return DefaultMaxHeader
	}
	return f.MaxHeader
}
