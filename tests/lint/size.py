# SPDX-License-Identifier: MIT
#
# size.py - a file over 500 lines needs a reason, and the reason stands here.

import tree

CAP = 500
# path: (lines allowed, why it is one thing)
LONGER = {
}


def main():
    root = tree.root()
    findings = []
    for path in tree.files(root, ".cpp", ".h", ".c", ".lua", ".asm", ".py"):
        where = path.relative_to(root).as_posix()
        cap, _ = LONGER.get(where, (CAP, ""))
        size = len(tree.lines(path))
        if size > cap:
            findings.append(f"{where}: {size} lines, over {cap}; split it by noun, or give the"
                            " reason why it is one thing in tests/lint/size.py")
    for where in LONGER:
        if root == tree.pathlib.Path(__file__).resolve().parents[2] and not (root / where).exists():
            findings.append(f"{where}: no such file; take it out of tests/lint/size.py")
    tree.report(findings)


main()
