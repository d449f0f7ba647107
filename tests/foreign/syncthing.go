// syncthing SOURCE DEST: clones with the function of Syncthing.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/syncthing/syncthing/lib/fs"
)

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func main() {
	folder := fs.NewFilesystem(fs.FilesystemTypeBasic, filepath.Dir(os.Args[1]))
	source, err := folder.Open(filepath.Base(os.Args[1]))
	check(err)
	dest, err := folder.Create(filepath.Base(os.Args[2]))
	check(err)
	info, err := source.Stat()
	check(err)
	check(fs.CopyRange(fs.CopyRangeMethodDuplicateExtents, source, dest, 0, 0,
		info.Size()))
}
