# SPDX-License-Identifier: MIT
#
# fixme.py - unfinished work has an issue: FIXME(#12): what is wrong and what would mend it.

import re

import tree

MARK = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
GOOD = re.compile(r"\bFIX" r"ME\(#\d+\): \S+ \S+")
KINDS = (".cpp", ".h", ".c", ".lua", ".asm", ".py", ".cmake", ".txt", ".sh", ".md")


def main():
    root = tree.root()
    findings = []
    for path in tree.files(root, *KINDS):
        for number, line in enumerate(tree.lines(path), 1):
            mark = MARK.search(line)
            if mark and not GOOD.search(line):
                findings.append(f"{path.relative_to(root)}:{number}: {mark[1]}; do it now, or open"
                                f" an issue and write FIX" f"ME(#number): what would mend it")
    tree.report(findings)


main()
