// Package succession is how one master follows another. Each side has a type of its own: Outgoing is the master that leaves, Incoming
// the one that takes over.
//
//	Outgoing                                    Incoming
//	  checks the new program and configuration
//	  hands over by name, and a State
//	  starts the program ---------------------> takes what it has use for
//	                                            its workers are ready
//	  <---------------------------------------- Commit: no way back
//	  passes on late wishes, leaves             or Explain: why it fails
//
// wire.go is the text that both sides share, flip.go all that is known of tableflip.
package succession
