# SPDX-License-Identifier: MIT
#
# walkthrough.py - every `file:function` that ARCHITECTURE.md names is there.
#
# Prose that walks through code goes stale without a word; this says it.

import re

import tree

STEP = re.compile(r"`([\w./-]+\.(?:cpp|h|c|lua|asm)):([\w:~]+)`")


def main():
    root = tree.root()
    findings = []
    steps = 0
    for number, line in enumerate(tree.lines(root / "ARCHITECTURE.md"), 1):
        for name, function in STEP.findall(line):
            steps += 1
            path = root / name
            where = f"ARCHITECTURE.md:{number}: {name}:{function}"
            if not path.is_file():
                findings.append(f"{where}: no such file; follow it to where it went")
                continue
            last = re.escape(function.split("::")[-1])
            if not re.search(rf"\b{last}\s*[(:=]", path.read_text()):
                findings.append(f"{where}: the file does not have it; name what took its place")
    if steps < 5:
        findings.append("ARCHITECTURE.md: 'Follow one OUT' names fewer than five steps as"
                        " `file:function`; a walk-through that is gone cannot be stale")
    tree.report(findings)


main()
