# SPDX-License-Identifier: MIT
#
# docs.py - folders on disk are the folders of the tables, in both directions.
#
# README.md's table has the top folders, ARCHITECTURE.md's the layers.

import tree


def named(root, document):
    return {row[0].strip("`").rstrip("/") for row in tree.table(root / document, "folder")}


def on_disk(root, parent):
    base = root / parent
    if not base.is_dir():
        return set()
    return {(path.relative_to(root)).as_posix() for path in base.iterdir()
            if path.is_dir() and not path.name.startswith(".") and not tree.is_skipped(path.name)
            and any(tree.files(path))}


def compare(document, wanted, found):
    for folder in sorted(found - wanted):
        yield f"{document}: does not mention {folder}/; add a row that says what lives there"
    for folder in sorted(wanted - found):
        yield f"{document}: has a row for {folder}/, which is not there; take it out"


def main():
    root = tree.root()
    findings = list(compare("README.md", named(root, "README.md"), on_disk(root, ".")))
    layers = set()
    for parent in ("hypervisor-core", "hypervisor-core/src", "app"):
        layers |= on_disk(root, parent)
    layers.discard("hypervisor-core/src")
    layers.discard("hypervisor-core/include")
    rows = {row for row in named(root, "ARCHITECTURE.md")
            if row.startswith(("hypervisor-core/src", "app"))}
    findings += compare("ARCHITECTURE.md", rows, layers)
    tree.report(findings)


main()
