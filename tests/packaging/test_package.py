#!/usr/bin/env python3
"""What .github/packaging/package.py makes of a release's files: the fields
that winget, Scoop and Chocolatey require, and that hashes are those of the
files. The sets of fields are stated here with their sources; the schemas
themselves are not in this repository."""
import hashlib
import importlib.util
import json
import os
import pathlib
import re
import sys
import tempfile
import unittest
import xml.etree.ElementTree

root = pathlib.Path(__file__).parents[2]
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location(
    "package", root / ".github/packaging/package.py"
)
package = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)

HOME = "https://github.com/someone/reflink"
IDENTIFIER = "Someone.reflink"
DIGITS = "1234567890" * 6 + "1234"


def read_yaml(path):
    """The little of YAML that is written: one field or item a line."""
    fields = {}
    for line in path.read_text().split("\n"):
        field = re.fullmatch(r" *(?:- )?(\w+):(?: (.*))?", line)
        if field:
            fields.setdefault(field[1], []).append(field[2])
    return fields


class Release(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        self.hashes = {}
        for architecture in ("x64", "arm64", "x86"):
            content = f"the zip for {architecture}".encode()
            (self.path / package.zip_name(architecture)).write_bytes(content)
            self.hashes[architecture] = hashlib.sha256(content).hexdigest()
        self.out = self.path / "out"
        os.environ["SOURCE_DATE_EPOCH"] = "1795910400"
        self.addCleanup(os.environ.pop, "SOURCE_DATE_EPOCH")

    def manifests(self):
        package.manifests(self.path, HOME, IDENTIFIER, self.out)

    def address(self, architecture):
        number = package.version()
        return (
            f"{HOME}/releases/download/v{number}/"
            f"reflink-{number}-windows-{architecture}.zip"
        )

    def test_sums(self):
        package.sums(self.path)
        lines = (self.path / "SHA256SUMS").read_text().splitlines()
        self.assertEqual(
            lines,
            [f"{h}  {package.zip_name(a)}" for a, h in self.hashes.items()],
        )

    # microsoft/winget-cli, schemas/JSON/manifests/v1.12.0: `required` of
    # manifest.version, manifest.installer and manifest.defaultLocale, and of
    # Installer; NestedInstallerFiles for a portable program in a zip.
    def test_winget(self):
        self.manifests()
        folder = self.out / "winget"
        always = {"PackageIdentifier", "PackageVersion", "ManifestType"}
        always |= {"ManifestVersion"}
        wanted = {
            "": ("version", {"DefaultLocale"}),
            ".installer": (
                "installer",
                {"Installers", "Architecture", "InstallerUrl"}
                | {"InstallerSha256", "InstallerType", "NestedInstallerType"}
                | {"NestedInstallerFiles", "RelativeFilePath"}
                | {"PortableCommandAlias", "MinimumOSVersion", "ReleaseDate"},
            ),
            ".locale.en-US": (
                "defaultLocale",
                {"PackageLocale", "Publisher", "PackageName", "License"}
                | {"ShortDescription", "PackageUrl", "LicenseUrl", "Tags"}
                | {"PublisherSupportUrl", "ReleaseNotesUrl", "Moniker"}
                | {"Description"},
            ),
        }
        for suffix, (kind, fields) in wanted.items():
            found = read_yaml(folder / f"{IDENTIFIER}{suffix}.yaml")
            self.assertEqual(set(found), always | fields)
            self.assertEqual(found["ManifestType"], [f'"{kind}"'])
            self.assertEqual(found["ManifestVersion"], ['"1.12.0"'])
            self.assertEqual(found["PackageIdentifier"], [f'"{IDENTIFIER}"'])
        self.assertEqual(len(list(folder.iterdir())), 3)

    def test_winget_installers(self):
        self.manifests()
        found = read_yaml(self.out / f"winget/{IDENTIFIER}.installer.yaml")
        self.assertEqual(found["Architecture"], ['"x64"', '"arm64"', '"x86"'])
        self.assertEqual(
            found["InstallerUrl"], [f'"{self.address(a)}"' for a in self.hashes]
        )
        self.assertEqual(
            found["InstallerSha256"],
            [f'"{h.upper()}"' for h in self.hashes.values()],
        )
        self.assertEqual(found["ReleaseDate"], ['"2026-11-29"'])

    # ShortDescription has at most 256 characters, and there are at most 16
    # tags of at most 40 [manifest.defaultLocale.1.12.0.json].
    def test_winget_limits(self):
        self.assertLessEqual(len(package.SHORT), 256)
        self.assertLessEqual(len(package.TAGS), 16)
        self.assertLessEqual(max(map(len, package.TAGS)), 40)

    def test_a_hash_of_digits_is_a_string(self):
        package.sha256 = lambda path: DIGITS
        self.addCleanup(spec.loader.exec_module, package)
        self.manifests()
        installer = self.out / f"winget/{IDENTIFIER}.installer.yaml"
        found = read_yaml(installer)
        self.assertEqual(found["InstallerSha256"], [f'"{DIGITS}"'] * 3)
        manifest = json.loads((self.out / "scoop/reflink.json").read_text())
        self.assertEqual(manifest["architecture"]["64bit"]["hash"], DIGITS)

    def test_strings_that_yaml_would_take_for_another_type(self):
        lines = list(package.yaml({"a": "1.0", "b": ["no", {"c": 'x: "y"'}]}))
        self.assertEqual(
            lines, ['a: "1.0"', "b:", '- "no"', '- c: "x: \\"y\\""']
        )

    # ScoopInstaller/Scoop, schema.json: version, homepage and license are
    # required; the rest is what `scoop install` and checkver.ps1 use.
    def test_scoop(self):
        self.manifests()
        found = json.loads((self.out / "scoop/reflink.json").read_text())
        self.assertEqual(
            set(found),
            {"version", "homepage", "license", "description", "architecture"}
            | {"bin", "checkver", "autoupdate"},
        )
        names = {"64bit": "x64", "arm64": "arm64", "32bit": "x86"}
        self.assertEqual(set(found["architecture"]), set(names))
        for theirs, ours in names.items():
            self.assertEqual(
                found["architecture"][theirs],
                {"url": self.address(ours), "hash": self.hashes[ours]},
            )
            later = found["autoupdate"]["architecture"][theirs]["url"]
            self.assertEqual(
                later.replace("$version", package.version()),
                self.address(ours),
            )
        self.assertEqual(found["version"], package.version())
        self.assertEqual(found["checkver"], "github")
        self.assertEqual(
            found["autoupdate"]["hash"], {"url": "$baseurl/SHA256SUMS"}
        )

    # docs.chocolatey.org, package validator: CPMR0002 description, CPMR0007
    # licence, CPMR0009 projectUrl, CPMR0014 and CPMR0023 tags, CPMR0026 at
    # most 4,000 characters, CPMR0040 packageSourceUrl.
    def test_chocolatey(self):
        self.manifests()
        tree = xml.etree.ElementTree.parse(self.out / "chocolatey/reflink.nuspec")
        space = "{http://schemas.microsoft.com/packaging/2015/06/nuspec.xsd}"
        found = {
            field.tag.removeprefix(space): field.text
            for field in tree.getroot().find(f"{space}metadata")
        }
        for name in ("id", "version", "authors", "projectUrl", "licenseUrl"):
            self.assertTrue(found[name], name)
        for name in ("packageSourceUrl", "summary", "description", "tags"):
            self.assertTrue(found[name], name)
        self.assertEqual(found["version"], package.version())
        self.assertEqual(found["requireLicenseAcceptance"], "false")
        self.assertNotIn(",", found["tags"])
        self.assertLessEqual(len(found["description"]), 4000)
        script = self.out / "chocolatey/tools/chocolateyInstall.ps1"
        words = dict(re.findall(r"(\w+) *= '(.*)'", script.read_text()))
        self.assertEqual(words["Url64bit"], self.address("x64"))
        self.assertEqual(words["Checksum64"], self.hashes["x64"])
        self.assertEqual(words["ChecksumType64"], "sha256")
        self.assertEqual(words["Url"], self.address("x86"))
        self.assertEqual(words["Checksum"], self.hashes["x86"])

    def test_an_address_that_is_none(self):
        for home in ("", "http://github.com/a/b", "https://github.com/a"):
            with self.assertRaises(SystemExit):
                package.manifests(self.path, home, IDENTIFIER, self.out)

    # spdx.github.io/spdx-spec/v2.3: document creation information, package
    # information, relationships.
    def test_sbom_names_the_runtime_and_nothing_else(self):
        runtime = self.path / "c-runtime.txt"
        for text, names in (
            ("msvc 19.44\nucrt 10.0.26100.0\n", {"msvc", "ucrt"}),
            ("mingw-w64 \nlibgcc 12\n", {"mingw-w64", "libgcc"}),
        ):
            runtime.write_text(text)
            package.sbom(self.path, HOME, runtime)
            name = f"reflink-{package.version()}.spdx.json"
            found = json.loads((self.path / name).read_text())
            self.assertEqual(found["spdxVersion"], "SPDX-2.3")
            self.assertEqual(found["dataLicense"], "CC0-1.0")
            self.assertEqual(found["SPDXID"], "SPDXRef-DOCUMENT")
            self.assertTrue(found["documentNamespace"].startswith(HOME))
            self.assertTrue(found["creationInfo"]["creators"])
            self.assertEqual(
                {one["name"] for one in found["packages"]},
                {"reflink"} | {package.RUNTIMES[name][0] for name in names},
            )
            identifiers = {one["SPDXID"] for one in found["packages"]}
            self.assertEqual(len(identifiers), 3)
            for one in identifiers:
                self.assertRegex(one, r"^SPDXRef-[A-Za-z0-9.-]+$")
            kinds = [one["relationshipType"] for one in found["relationships"]]
            self.assertEqual(kinds, ["DESCRIBES", "STATIC_LINK", "STATIC_LINK"])
            for one in found["relationships"]:
                self.assertIn(one["relatedSpdxElement"], identifiers)

    def test_notes_are_those_of_the_version(self):
        page = (root / ".github/CHANGELOG.md").read_text()
        self.assertIn(f"\n## {package.version()}\n", page)
        self.assertIn(package.notes(), page)
        self.assertNotIn("## ", package.notes())


class Workflows(unittest.TestCase):
    """Each action is pinned by a hash, with its version beside it."""

    def test_pins(self):
        for name in ("release.yml", "linux.yml"):
            text = (root / ".github/workflows" / name).read_text()
            uses = re.findall(r"uses: (.*)", text)
            self.assertTrue(uses)
            for one in uses:
                self.assertRegex(one, r"^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


if __name__ == "__main__":
    unittest.main()
