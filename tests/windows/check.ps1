<#
.SYNOPSIS
Makes a volume in a virtual disk, and runs reflink-check on it.

.DESCRIPTION
Needs administrator rights. diskpart makes the disk, because New-VHD comes with
Hyper-V only. The disk is removed at the end. The exit code is that of
reflink-check, of the last run that failed if there are two.

.PARAMETER Name
Names the disk, the share and the logs, which are DIRECTORY\NAME.log and
DIRECTORY\NAME.txt.

.PARAMETER FileSystem
ReFS, NTFS, exFAT, FAT32, or DevDrive.

.PARAMETER Cluster
The cluster size in bytes; 0: the system's choice.

.PARAMETER Share
Checks it through a share on localhost, too.

.EXAMPLE
tests\windows\check.ps1 refs-4k ReFS -Cluster 4096 -Share
#>
param(
    [Parameter(Mandatory)] [string] $Name,
    [Parameter(Mandatory)]
    [ValidateSet('ReFS', 'NTFS', 'exFAT', 'FAT32', 'DevDrive')]
    [string] $FileSystem,
    [uint32] $Cluster = 0,
    [switch] $Share,
    [string] $Build = 'build\release',
    [string] $Logs = 'logs'
)
$ErrorActionPreference = 'Stop'

# A Dev Drive has at least 50 GiB, and FAT32 at most 32; the disk grows with
# what is written.
$megabytes = if ($FileSystem -eq 'DevDrive') { 65536 } else { 12288 }
$temp = if ($env:RUNNER_TEMP) { $env:RUNNER_TEMP } else { $env:TEMP }
$image = Join-Path $temp "reflink-$Name.vhdx"
$script:code = 0

function New-TestVolume {
    $commands = Join-Path $temp "reflink-$Name.diskpart"
    Set-Content -Path $commands -Encoding ascii -Value @(
        "create vdisk file=`"$image`" maximum=$megabytes type=expandable"
        'attach vdisk'
    )
    diskpart /s $commands | Out-Host
    if ($LASTEXITCODE -ne 0) { throw "diskpart failed ($LASTEXITCODE)" }
    $format = @{ Confirm = $false; Force = $true }
    if ($FileSystem -eq 'DevDrive') {
        $format.DevDrive = $true
    } else {
        $format.FileSystem = $FileSystem
        if ($Cluster -ne 0) { $format.AllocationUnitSize = $Cluster }
    }
    Get-DiskImage -ImagePath $image | Get-Disk |
        Initialize-Disk -PartitionStyle GPT -PassThru |
        New-Partition -AssignDriveLetter -UseMaximumSize |
        Format-Volume @format
}

function Invoke-Check([string] $Directory, [string] $Log) {
    & "$Build\reflink-check.exe" --log "$Logs\$Log.log" --other $temp `
        "$Build\reflink.exe" $Directory |
        Tee-Object -FilePath "$Logs\$Log.txt" | Out-Host
    if ($LASTEXITCODE -ne 0) { $script:code = $LASTEXITCODE }
}

New-Item -ItemType Directory -Force -Path $Logs | Out-Null
try {
    $root = "$((New-TestVolume).DriveLetter):\"
    Invoke-Check $root $Name
    if ($Share) {
        $user = "$env:USERDOMAIN\$env:USERNAME"
        New-SmbShare -Name "reflink-$Name" -Path $root -FullAccess $user |
            Out-Host
        Invoke-Check "\\localhost\reflink-$Name" "$Name-smb"
    }
} finally {
    if ($Share) {
        Remove-SmbShare -Name "reflink-$Name" -Force `
            -ErrorAction SilentlyContinue
    }
    if (Test-Path $image) {
        Dismount-DiskImage -ImagePath $image -ErrorAction SilentlyContinue |
            Out-Null
        Remove-Item $image -ErrorAction SilentlyContinue
    }
}
exit $script:code
