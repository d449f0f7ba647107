// git_lfs SOURCE DEST: clones with the function of Git LFS.
package main

import (
	"fmt"
	"os"

	"github.com/git-lfs/git-lfs/tools"
)

func main() {
	done, err := tools.CloneFileByPath(os.Args[2], os.Args[1])
	if !done || err != nil {
		fmt.Println(done, err)
		os.Exit(1)
	}
}
