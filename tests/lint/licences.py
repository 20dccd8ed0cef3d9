# SPDX-License-Identifier: MIT
#
# licences.py - every source says its licence in its first three lines.

import tree

KINDS = (".cpp", ".h", ".c", ".lua", ".asm", ".ld", ".py", ".sh", ".cmake")
# What students write, and submissions that imitate it, belong to them.
STUDENTS = ("exercises/", "tests/grader/exercises/", "tests/grader/hostile/", "tests/fuzz/corpus/")
ANSWERS = {"starter", "solution", "wrong"}


def main():
    root = tree.root()
    findings = []
    for path in tree.files(root, *KINDS):
        where = path.relative_to(root).as_posix()
        if where.startswith(STUDENTS) or ANSWERS & set(path.parts):
            continue
        if not any("SPDX-License-Identifier: MIT" in line for line in tree.lines(path)[:3]):
            findings.append(f"{where}: no licence; begin it with SPDX-License-Identifier: MIT"
                            " in a comment")
    if not (root / "LICENSE").is_file():
        findings.append("LICENSE: is missing; SPDX lines refer to it")
    tree.report(findings)


main()
