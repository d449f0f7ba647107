// Package wmi stands in for a package that Debian lacks. What Syncthing clones
// with asks it nothing.
package wmi

import "errors"

// Query fails.
func Query(query string, dst interface{}, arguments ...interface{}) error {
	return errors.New("not there")
}
