# Completes reflink's options in PowerShell 5.1 and later. In your $PROFILE:
#
#     . C:\Tools\reflink\completion.ps1
#
# Operands are left to PowerShell, which completes names of files.

Register-ArgumentCompleter -Native -CommandName reflink, reflink.exe -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # What is completed, and the text shown beside the list. After a final
    # equals sign the user types the value.
    $options = @(
        @('--reflink', 'the same as --reflink=always'),
        @('--reflink=auto', 'clone what can be cloned, copy the rest (default)'),
        @('--reflink=always', 'share every whole cluster, or fail with exit code 3'),
        @('--reflink=never', 'copy, share nothing'),
        @('--verify', 'the same as --verify=full'),
        @('--verify=sample', 'verify clones: clusters and a sample of bytes (default)'),
        @('--verify=full', 'compare every byte, cloned or copied'),
        @('--verify=none', 'verify nothing'),
        @('--retries=', 'retries after a transient error (default 5)'),
        @('-f', 'replace an existing DEST in one atomic step'),
        @('--force', 'replace an existing DEST in one atomic step'),
        @('-n', 'leave an existing DEST alone'),
        @('--no-clobber', 'leave an existing DEST alone'),
        @('-u', 'replace DEST only if SOURCE was written later'),
        @('--update', 'replace DEST only if SOURCE was written later'),
        @('-T', 'DEST is the name itself, never a directory to put SOURCE in'),
        @('--no-target-directory', 'DEST is the name itself, never a directory to put SOURCE in'),
        @('-r', 'copy directories; links are recreated, not followed'),
        @('--recursive', 'copy directories; links are recreated, not followed'),
        @('-t', 'clone all SOURCEs into this directory'),
        @('--target-directory=', 'clone all SOURCEs into this directory'),
        @('-j', 'files in parallel, 1 to 64 (default: processors)'),
        @('--jobs=', 'files in parallel, 1 to 64 (default: processors)'),
        @('--security', 'also copy owner, group and permissions'),
        @('--writable', 'DEST is not read-only even if SOURCE is'),
        @('--keep-directory-symlink', 'with -r: follow links to directories in DEST'),
        @('--retarget-links', 'with -r: links into SOURCE are recreated to point into DEST'),
        @('-H', 'with -r: hard links in SOURCE become hard links in DEST'),
        @('--hard-links', 'with -r: hard links in SOURCE become hard links in DEST'),
        @('--flush=auto', 'flush a file to disk before it replaces another (default)'),
        @('--flush=always', 'flush every file to disk before it gets its name'),
        @('--flush=never', 'flush no file'),
        @('--offset=', 'where the range starts in both files (default 0)'),
        @('--source-offset=', 'where the range starts in SOURCE'),
        @('--dest-offset=', 'where the range is written in DEST'),
        @('--length=', 'length of the range (default: to the end of SOURCE)'),
        @('--dry-run', 'show what would be done, step by step; change nothing'),
        @('--json', 'print one JSON object per line on stdout'),
        @('--progress=auto', 'show progress only on a console (default)'),
        @('--progress=always', 'show progress in a log, too'),
        @('--progress=never', 'show no progress'),
        @('-q', 'print errors only'),
        @('--quiet', 'print errors only'),
        @('-v', 'print every file, and details such as retries'),
        @('--verbose', 'print every file, and details such as retries'),
        @('--dedupe', 'make equal files share their data'),
        @('--info', 'show what the volume of a path supports'),
        @('--extents', 'show where the clusters of a file are, and which are shared'),
        @('--shared', 'show how much of two files is in the same clusters'),
        @('-h', 'print the usage page'),
        @('-?', 'print the usage page'),
        @('--help', 'print the usage page'),
        @('--version', 'print the version')
    )

    # After the word `--` there are no options.
    foreach ($element in $commandAst.CommandElements) {
        if ($element.Extent.EndOffset -lt $cursorPosition -and $element.Extent.Text -eq '--') {
            return
        }
    }
    if (-not "$wordToComplete".StartsWith('-')) {
        return
    }
    foreach ($option in $options) {
        if ($option[0].StartsWith("$wordToComplete", [StringComparison]::Ordinal)) {
            [System.Management.Automation.CompletionResult]::new(
                $option[0], $option[0], 'ParameterName', $option[1])
        }
    }
}
