// Package raw is a configuration before it is checked: the tables that the readers of both languages fill, and what they find wrong.
package raw

// Section is one table of the configuration, and the one that stands behind it.
type Section struct {
	Path   string         // "listen.webfarm"; tables inside have theirs below it, "listen.webfarm.server[0]"
	Values map[string]any // as a TOML decoder gives them: string, int64, bool, []any, map[string]any, []map[string]any
	Behind *Section       // what holds where Values say nothing; nil: nothing
}

// Proxy is a listen, frontend or backend section.
type Proxy struct {
	Kind string // "listen", "frontend" or "backend"
	Name string
	*Section
}

// Document is the whole of a configuration.
type Document struct {
	Global   *Section
	Admin    *Section
	Defaults []*Section // those that stand behind others
	Proxies  []Proxy    // in the order in which they are written
	Notes    []Note     // what the reader has decided, in the order of the lines
	Origin   Origin
	Words    Words
}

// Note says what became of a line that has no key of its own in the tables.
type Note struct {
	Place
	Section string // the path of the section in which it stands
	Text    string
}

// Origin knows where keys are written.
type Origin interface {
	// Of is the place of a key, "listen.webfarm.bind", or of what is nearest around it.
	Of(key string) Place
	// Has says whether the key itself is written.
	Has(key string) bool
}

// Words are the parts of messages that depend on the language of the file: how things are written in it. Where %s is, a name is filled in.
type Words struct {
	Keyword       string // what a key is called
	BindForms     string // how the addresses of binds are written; the next ones likewise
	NoBind        string // a section that listens nowhere
	ServerForms   string
	LogForms      string
	SourceForms   string
	Listens       string // a file without a section that listens
	NoServer      string // %s: the path of the section
	NoBackend     string // %s: the name
	BackendName   string // a frontend without a backend
	ModeHTTP      string
	CookieRewrite string
	CookiePrefix  string
	CookieInsert  string
	CheckPort     string
	Chk           string // how the request of a health check is written
	GlobalMaxconn string
	OwnBackend    string // %s: the name
}
