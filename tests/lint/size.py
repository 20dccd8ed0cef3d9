# SPDX-License-Identifier: MIT
#
# size.py - a file over 500 lines needs a reason, and the reason stands here.

import tree

CAP = 500
# path: (lines allowed, why it is one thing)
LONGER = {
    "app/lesson/lab_machine.cpp": (600, "one Lua object: a method each, all of one shape"),
    "app/lesson/lesson_player.cpp": (700, "one state machine: the phases of a beat in order"),
    "app/workbench/lesson_pane.cpp": (560, "one pane: a drawing function for each phase"),
    "hypervisor-core/src/engine/interpreter/decoder.cpp": (640, "one opcode map: a case per row"),
    "hypervisor-core/src/technique/binary_translation/translator.cpp": (
        600, "one table: a guest instruction and what becomes of it"),
    "hypervisor-core/src/trace/narration.cpp": (600, "one sentence for each event and exit"),
    "hypervisor-core/src/x86/decode.cpp": (520, "one table of mnemonics and its reader"),
    "tests/differential/random_program.cpp": (880, "one generator: a method a family of opcodes"),
    "tests/technique/binary_translation_test.cpp": (540, "one technique, its small guests inline"),
    "visualizers/timeline/timeline_panel.cpp": (580, "one picture: lanes share one time axis"),
    "visualizers/trap_theatre/trap_theatre_panel.cpp": (540, "one picture: storeys and the path"),
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
