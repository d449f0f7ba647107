# Completes reflink's options in PowerShell 5.1 and later. In your $PROFILE:
#
#     . C:\Tools\reflink\completion.ps1
#
# Operands are left to PowerShell, which completes names of files.

Register-ArgumentCompleter -Native -CommandName reflink, reflink.exe -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # What is completed, and what it says beside the list. A value that is left
    # to be typed stands behind the equals sign.
    $options = @(
        @('--reflink', 'the same as --reflink=always'),
        @('--reflink=auto', 'clone what can be cloned, copy the rest (default)'),
        @('--reflink=always', 'share every whole cluster, or fail with exit 3'),
        @('--reflink=never', 'copy, share nothing'),
        @('--verify', 'the same as --verify=full'),
        @('--verify=sample', 'prove clones by clusters and some bytes (default)'),
        @('--verify=full', 'compare every byte, cloned or copied'),
        @('--verify=none', 'prove nothing'),
        @('--retries=', 'new starts after a transient error (default 5)'),
        @('-f', 'replace an existing DEST as one atomic step'),
        @('--force', 'replace an existing DEST as one atomic step'),
        @('-n', 'leave an existing DEST alone'),
        @('--no-clobber', 'leave an existing DEST alone'),
        @('-r', 'descend into directories; links are made anew'),
        @('--recursive', 'descend into directories; links are made anew'),
        @('-t', 'what is cloned goes into this directory'),
        @('--target-directory=', 'what is cloned goes into this directory'),
        @('-j', 'files of trees and lists in flight at once (default 8)'),
        @('--jobs=', 'files of trees and lists in flight at once (default 8)'),
        @('--security', 'also copy owner, group and permissions'),
        @('--flush=auto', 'flush a file to disk before it replaces one (default)'),
        @('--flush=always', 'flush every file to disk before it gets its name'),
        @('--flush=never', 'flush no file'),
        @('--offset=', 'range: where it starts in both (default 0)'),
        @('--source-offset=', 'range: where it starts in SOURCE'),
        @('--dest-offset=', 'range: where it goes in DEST'),
        @('--length=', 'range: its bytes (default: to the end of SOURCE)'),
        @('--dry-run', 'say what would be done, step by step; change nothing'),
        @('--json', 'one JSON object a line on stdout'),
        @('--progress=auto', 'progress on a console (default)'),
        @('--progress=always', 'progress in a log, too'),
        @('--progress=never', 'no progress'),
        @('-q', 'print errors only'),
        @('--quiet', 'print errors only'),
        @('-v', 'print every file and what is worth knowing'),
        @('--verbose', 'print every file and what is worth knowing'),
        @('--info', 'what the volume there can do'),
        @('--extents', 'where the clusters of a file lie, and which are shared'),
        @('--shared', 'how much of two files lies in the same clusters'),
        @('-h', 'the usage page'),
        @('-?', 'the usage page'),
        @('--help', 'the usage page'),
        @('--version', 'the version')
    )

    # Behind a word `--` there are no options.
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
