# SPDX-License-Identifier: MIT
#
# lints_test.py - every lint passes a good tree and fails a bad one.
#
# A lint that cannot fail proves nothing, so each row plants one fault in a
# small tree and asks for the words of its finding.

import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SPDX = "// SPDX-License-Identifier: MIT\n"
WALK = "".join(f"`app/cli/main.cpp:{name}`\n" for name in ("a", "b", "c", "d", "main"))
GOOD = {
    "LICENSE": "MIT\n",
    "README.md": "| folder | what |\n|---|---|\n| `app/` | x |\n| `hypervisor-core/` | x |\n",
    "ARCHITECTURE.md": "| folder | what | may use |\n|---|---|---|\n"
                       "| `hypervisor-core/src/x86/` | x | Zydis |\n"
                       "| `hypervisor-core/src/memory/` | x | x86 |\n"
                       "| `app/cli/` | x | CLI11 |\n\n" + WALK,
    "hypervisor-core/src/x86/decode.cpp": SPDX + "#include <Zydis/Zydis.h>\n",
    "hypervisor-core/src/memory/frames.cpp": SPDX + '#include "x86/pte.h"\n#include "gv/exit.h"\n',
    "hypervisor-core/src/memory/CMakeLists.txt": "gv_layer(memory USES x86 LIBS gv::fmt)\n",
    "app/cli/main.cpp": SPDX + "void a();void b();void c();void d();int main() {}\n",
}
BAD = [
    ("layers", "hypervisor-core/src/x86/up.cpp", SPDX + '#include "memory/frames.h"\n',
     "may not use memory"),
    ("layers", "app/cli/peek.cpp", SPDX + '#include "x86/decode.h"\n', "may not use x86"),
    ("layers", "app/cli/engine.cpp", SPDX + "#include <unicorn/unicorn.h>\n", "uses Unicorn"),
    ("layers", "app/cli/near.cpp", SPDX + '#include "near.h"\n', "name it from its layer"),
    ("layers", "hypervisor-core/src/x86/CMakeLists.txt", "gv_layer(x86 USES memory)\n",
     "x86 USES memory"),
    ("size", "app/cli/long.cpp", SPDX + "\n" * 600, "split it by noun"),
    ("names", "app/cli/string_utils.cpp", SPDX, "says nothing"),
    ("names", "app/misc/pixel.h", SPDX, "says nothing"),
    ("names", "app/cli/run.h", SPDX + "void process(int);\n", "use the verb"),
    ("fixme", "app/cli/later.cpp", "// TO" "DO: later\n", "open an issue"),
    ("fixme", "app/cli/vague.cpp", "// FIX" "ME: bad\n", "open an issue"),
    ("walkthrough", "ARCHITECTURE.md", WALK + "`app/cli/main.cpp:gone`\n", "does not have it"),
    ("walkthrough", "ARCHITECTURE.md", WALK + "`app/cli/none.cpp:main`\n", "no such file"),
    ("walkthrough", "ARCHITECTURE.md", "nothing\n", "fewer than five steps"),
    ("docs", "tests/x.cpp", SPDX, "does not mention tests/"),
    ("docs", "app/grader/x.cpp", SPDX, "does not mention app/grader/"),
    ("docs", "README.md", GOOD["README.md"] + "| `fonts/` | x |\n", "not there"),
    ("licences", "app/cli/bare.cpp", "int x;\n", "no licence"),
    ("licences", "app/cli/bare.asm", "hlt\n", "no licence"),
]


def lint(name, tree, fault=None):
    with tempfile.TemporaryDirectory() as folder:
        for path, text in {**tree, **(fault or {})}.items():
            target = pathlib.Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        return subprocess.run([sys.executable, HERE / f"{name}.py", folder],
                              capture_output=True, text=True)


class Lints(unittest.TestCase):
    def test_a_good_tree_passes_every_lint(self):
        for name in sorted({row[0] for row in BAD}):
            with self.subTest(name):
                run = lint(name, GOOD)
                self.assertEqual((run.returncode, run.stdout + run.stderr), (0, ""))

    def test_each_planted_fault_is_found(self):
        for name, path, text, words in BAD:
            with self.subTest(f"{name}: {path}"):
                run = lint(name, GOOD, {path: text})
                self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
                self.assertIn(words, run.stdout)
                self.assertIn(path, run.stdout) if words.startswith("no licence") else None


if __name__ == "__main__":
    unittest.main()
