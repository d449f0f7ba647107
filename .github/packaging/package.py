#!/usr/bin/env python3
"""Makes what a release needs besides its zips; .github/workflows/release.yml
calls it, and a hand can. Writes files only, publishes nothing.

  package.py version               prints the project's version
  package.py notes                 prints the version's part of CHANGELOG.md
  package.py sums FOLDER           writes FOLDER/SHA256SUMS of its zips
  package.py sbom FOLDER HOME RUNTIME
                                   writes FOLDER/reflink-VERSION.spdx.json.
                                   RUNTIME is c-runtime.txt of the build
  package.py manifests FOLDER HOME IDENTIFIER OUT
                                   writes manifests for winget, Scoop and
                                   Chocolatey below OUT

FOLDER has reflink-VERSION-windows-{x64,arm64,x86}.zip. HOME is the project's
address, https://github.com/OWNER/NAME, where the files are or will be at
HOME/releases/download/vVERSION. IDENTIFIER is the one for winget, such as
Owner.reflink. With SOURCE_DATE_EPOCH set, that is the date.
"""
import datetime
import hashlib
import json
import os
import pathlib
import re
import sys
from xml.sax.saxutils import escape

root = pathlib.Path(__file__).parents[2]

# Words that describe the project to package managers.
SHORT = "Copies files on Windows by sharing their clusters (block cloning)"
LONG = (
    "reflink copies a file on ReFS, Dev Drive, CSVFS and SMB 3.1.1 shares by "
    "sharing its clusters, which takes milliseconds whatever its size. "
    "Elsewhere it copies the bytes. It always says which it did, and why, and "
    "verifies a clone before the file gets its name."
)
TAGS = ["block-cloning", "cli", "copy", "dev-drive", "refs", "reflink"]
OLDEST_WINDOWS = "10.0.14393.0"  # Server 2016, the first with block cloning

# The names of processors here, at Scoop, and in Chocolatey's parameters.
ARCHITECTURES = {"x64": "64bit", "arm64": "arm64", "x86": "32bit"}

# Of schema 1.12.0, which microsoft/winget-pkgs takes [microsoft/winget-cli,
# schemas/JSON/manifests/v1.12.0].
WINGET = "1.12.0"


def version():
    header = (root / "include/reflink/reflink.h").read_text()
    return ".".join(
        re.search(rf"#define REFLINK_VERSION_{part} (\d+)", header)[1]
        for part in ("MAJOR", "MINOR", "PATCH")
    )


def date():
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.datetime.now(datetime.timezone.utc)
    if seconds:
        now = datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc)
    return now


def notes():
    page = (root / ".github/CHANGELOG.md").read_text()
    part = re.search(
        rf"^## {re.escape(version())}\n(.*?)(?=^## |\Z)", page, re.M | re.S
    )
    if part is None:
        sys.exit(f"CHANGELOG.md has nothing on {version()}")
    return part[1].strip() + "\n"


def zip_name(architecture):
    return f"reflink-{version()}-windows-{architecture}.zip"


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sums(folder):
    lines = [
        f"{sha256(folder / zip_name(a))}  {zip_name(a)}\n" for a in ARCHITECTURES
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), newline="\n")


# --- what is in it ------------------------------------------------------------

# The C runtimes that a linker puts into a program: by the name that
# src/cmake/install.cmake writes, what SPDX says of it.
RUNTIMES = {
    "msvc": ("Microsoft Visual C++ runtime (static)", "Organization: Microsoft"),
    "ucrt": ("Universal C Runtime (static)", "Organization: Microsoft"),
    "mingw-w64": ("mingw-w64 runtime", "Organization: mingw-w64"),
    "libgcc": ("libgcc", "Organization: Free Software Foundation"),
}


def spdx_package(name, supplier, number, license_name="NOASSERTION"):
    package = {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-"),
        "name": name,
        "supplier": supplier,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": license_name,
        "copyrightText": "NOASSERTION",
    }
    if number:
        package["versionInfo"] = number
    return package


def sbom(folder, home, runtime):
    """SPDX 2.3: reflink, and what is linked into it statically: the C runtime.
    The DLLs that it loads are the system's."""
    product = spdx_package("reflink", "NOASSERTION", version(), "MIT")
    product["downloadLocation"] = f"{home}/releases/tag/v{version()}"
    packages = [product]
    for line in runtime.read_text().splitlines():
        key, _, number = line.partition(" ")
        name, supplier = RUNTIMES[key]
        license_name = "NOASSERTION"
        if key == "libgcc":
            license_name = "GPL-3.0-or-later WITH GCC-exception-3.1"
        packages.append(spdx_package(name, supplier, number, license_name))
    hashes = "".join(sha256(folder / zip_name(a)) for a in ARCHITECTURES)
    unique = hashlib.sha256(hashes.encode()).hexdigest()
    describes = [("SPDXRef-DOCUMENT", "DESCRIBES", product["SPDXID"])]
    links = [
        (product["SPDXID"], "STATIC_LINK", package["SPDXID"])
        for package in packages[1:]
    ]
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"reflink-{version()}",
        "documentNamespace": f"{home}/spdx/reflink-{version()}-{unique}",
        "creationInfo": {
            "created": date().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: reflink-package.py"],
        },
        "packages": packages,
        "relationships": [
            {
                "spdxElementId": one,
                "relationshipType": kind,
                "relatedSpdxElement": other,
            }
            for one, kind, other in describes + links
        ],
    }
    name = folder / f"reflink-{version()}.spdx.json"
    name.write_text(json.dumps(document, indent=2) + "\n", newline="\n")


# --- manifests ----------------------------------------------------------------


def yaml(value, indent=0):
    """Lines of YAML. Each string is in quotes: a hash of digits alone, or 1.0,
    would be a number without them."""
    space = "  " * indent
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                yield f"{space}{key}:"
                yield from yaml(item, indent + (not isinstance(item, list)))
            else:
                yield f"{space}{key}: {json.dumps(item)}"
    else:
        for item in value:
            lines = [item] if isinstance(item, str) else list(yaml(item))
            if isinstance(item, str):
                lines = [json.dumps(item)]
            for number, line in enumerate(lines):
                yield f"{space}{'  ' if number else '- '}{line}"


def winget(folder, home, identifier, out):
    """Three files. The fields are those that the schema requires and the
    portable program in a zip needs."""
    common = {"PackageIdentifier": identifier, "PackageVersion": version()}
    kind = {"ManifestVersion": WINGET}
    nested = {
        "InstallerType": "zip",
        "NestedInstallerType": "portable",
        "NestedInstallerFiles": [
            {
                "RelativeFilePath": "reflink.exe",
                "PortableCommandAlias": "reflink",
            }
        ],
    }
    files = {
        "": {
            **common,
            "DefaultLocale": "en-US",
            "ManifestType": "version",
            **kind,
        },
        ".installer": {
            **common,
            "MinimumOSVersion": OLDEST_WINDOWS,
            **nested,
            "ReleaseDate": date().strftime("%Y-%m-%d"),
            "Installers": [
                {
                    "Architecture": architecture,
                    "InstallerUrl": url(home, architecture),
                    "InstallerSha256": sha256(
                        folder / zip_name(architecture)
                    ).upper(),
                }
                for architecture in ARCHITECTURES
            ],
            "ManifestType": "installer",
            **kind,
        },
        ".locale.en-US": {
            **common,
            "PackageLocale": "en-US",
            "Publisher": identifier.partition(".")[0],
            "PublisherSupportUrl": f"{home}/issues",
            "PackageName": "reflink",
            "PackageUrl": home,
            "License": "MIT",
            "LicenseUrl": f"{home}/blob/v{version()}/LICENSE",
            "ShortDescription": SHORT,
            "Description": LONG,
            "Moniker": "reflink",
            "Tags": TAGS,
            "ReleaseNotesUrl": f"{home}/releases/tag/v{version()}",
            "ManifestType": "defaultLocale",
            **kind,
        },
    }
    for suffix, content in files.items():
        schema = (
            "# yaml-language-server: $schema=https://aka.ms/winget-manifest."
            f"{content['ManifestType']}.{WINGET}.schema.json"
        )
        write(out / f"{identifier}{suffix}.yaml", [schema, *yaml(content)])


def url(home, architecture, number=None):
    number = number or version()
    name = f"reflink-{number}-windows-{architecture}.zip"
    return f"{home}/releases/download/v{number}/{name}"


def scoop(folder, home, out):
    """One file. A later release is found by its tag, and its hashes in the
    release's SHA256SUMS [ScoopInstaller/Scoop, wiki: App Manifest Autoupdate].
    """
    manifest = {
        "version": version(),
        "description": SHORT,
        "homepage": home,
        "license": "MIT",
        "architecture": {
            theirs: {
                "url": url(home, ours),
                "hash": sha256(folder / zip_name(ours)),
            }
            for ours, theirs in ARCHITECTURES.items()
        },
        "bin": "reflink.exe",
        "checkver": "github",
        "autoupdate": {
            "architecture": {
                theirs: {"url": url(home, ours, "$version")}
                for ours, theirs in ARCHITECTURES.items()
            },
            "hash": {"url": "$baseurl/SHA256SUMS"},
        },
    }
    write(out / "reflink.json", json.dumps(manifest, indent=4).split("\n"))


NUSPEC = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2015/06/nuspec.xsd">
  <metadata>
    <id>reflink</id>
    <version>{version}</version>
    <title>reflink</title>
    <authors>{owner}</authors>
    <projectUrl>{home}</projectUrl>
    <packageSourceUrl>{home}/tree/v{version}/.github/packaging</packageSourceUrl>
    <licenseUrl>{home}/blob/v{version}/LICENSE</licenseUrl>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    <docsUrl>{home}/blob/v{version}/src/cli/README.md</docsUrl>
    <bugTrackerUrl>{home}/issues</bugTrackerUrl>
    <releaseNotes>{home}/releases/tag/v{version}</releaseNotes>
    <tags>{tags}</tags>
    <summary>{short}</summary>
    <description>{long}</description>
  </metadata>
  <files>
    <file src="tools\\**" target="tools" />
  </files>
</package>
"""

# Chocolatey has no own package for ARM64, where Windows runs the one for x64.
INSTALL = """$ErrorActionPreference = 'Stop'
$arguments = @{{
    PackageName    = $env:ChocolateyPackageName
    UnzipLocation  = Split-Path -Parent $MyInvocation.MyCommand.Definition
    Url            = '{x86_url}'
    Checksum       = '{x86_hash}'
    ChecksumType   = 'sha256'
    Url64bit       = '{x64_url}'
    Checksum64     = '{x64_hash}'
    ChecksumType64 = 'sha256'
}}
Install-ChocolateyZipPackage @arguments
"""


def chocolatey(folder, home, identifier, out):
    """A package that downloads the zip and checks it, so that it needs neither
    LICENSE.txt nor VERIFICATION.txt [docs.chocolatey.org, package validator,
    CPMR0005 and CPMR0006]. Tags have no commas [CPMR0014]."""
    words = {
        "version": version(),
        "owner": identifier.partition(".")[0],
        "home": home,
        "tags": " ".join(TAGS),
        "short": SHORT,
        "long": LONG,
    }
    nuspec = NUSPEC.format(**{key: escape(word) for key, word in words.items()})
    write(out / "reflink.nuspec", nuspec.split("\n")[:-1])
    script = INSTALL.format(
        x86_url=url(home, "x86"),
        x86_hash=sha256(folder / zip_name("x86")),
        x64_url=url(home, "x64"),
        x64_hash=sha256(folder / zip_name("x64")),
    )
    write(out / "tools/chocolateyInstall.ps1", script.split("\n")[:-1])


def write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def manifests(folder, home, identifier, out):
    if not re.fullmatch(r"https://github\.com/[^/]+/[^/]+", home):
        sys.exit(f"{home} is not an address like https://github.com/OWNER/NAME")
    winget(folder, home, identifier, out / "winget")
    scoop(folder, home, out / "scoop")
    chocolatey(folder, home, identifier, out / "chocolatey")


def main(command, *words):
    if command == "version" and not words:
        print(version())
    elif command == "notes" and not words:
        print(notes(), end="")
    elif command == "sums" and len(words) == 1:
        sums(pathlib.Path(words[0]))
    elif command == "sbom" and len(words) == 3:
        sbom(pathlib.Path(words[0]), words[1], pathlib.Path(words[2]))
    elif command == "manifests" and len(words) == 4:
        manifests(pathlib.Path(words[0]), *words[1:3], pathlib.Path(words[3]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or [""]))
