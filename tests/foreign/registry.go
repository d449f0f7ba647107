// Package registry stands in for a package that Debian lacks. What Syncthing
// clones with asks it nothing.
package registry

import "errors"

// Key is never opened.
type Key uintptr

// What callers pass.
const (
	LOCAL_MACHINE Key    = 0
	SET_VALUE     uint32 = 0
)

// OpenKey fails.
func OpenKey(key Key, path string, access uint32) (Key, error) {
	return 0, errors.New("not there")
}

// SetDWordValue fails.
func (key Key) SetDWordValue(name string, value uint32) error {
	return errors.New("not there")
}
