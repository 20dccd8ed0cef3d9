# SPDX-License-Identifier: MIT
#
# names.py - no junk drawers: a file is named for the one noun it defines.

import re

import tree

FORBIDDEN = {"util", "utils", "utility", "helper", "helpers", "manager", "misc", "common",
             "data", "info", "stuff"}
CALL = re.compile(r"\bvoid\s+process\s*\(")


def main():
    root = tree.root()
    findings = []
    for path in tree.files(root):
        where = path.relative_to(root)
        words = re.split(r"[_\-.]", path.stem.lower())
        folders = {part.lower() for part in where.parts[:-1]}
        for word in sorted(FORBIDDEN & (set(words) | folders)):
            findings.append(f"{where}: '{word}' says nothing; name it for the noun it defines")
        if path.suffix in (".h", ".cpp"):
            for number, line in enumerate(tree.lines(path), 1):
                if CALL.search(line):
                    findings.append(f"{where}:{number}: process() does everything and nothing;"
                                    " use the verb for what happens")
    tree.report(findings)


main()
