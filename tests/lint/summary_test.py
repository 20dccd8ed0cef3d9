# SPDX-License-Identifier: MIT
#
# summary_test.py - ./test's last line counts cases, and silence is a failure.

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "test_summary.py"
ENTRY = '<testcase name="{}" status="{}"/>'
SKIP = '<testcase name="b" status="notrun"><skipped message="{}"/></testcase>'
PASSED = '<testcase classname="A" name="p" status="run" result="completed"/>'
FAILED = '<testcase classname="A" name="f" status="run" result="completed"><failure/></testcase>'
SKIPPED = '<testcase classname="A" name="s" status="run" result="skipped"><skipped/></testcase>'
DISABLED = '<testcase classname="A" name="d" status="notrun" result="suppressed"/>'


def summary(entries, cases=None, not_built=()):
    """Exit status and last line for ctest's entries and a program's own cases."""
    with tempfile.TemporaryDirectory() as folder:
        build = pathlib.Path(folder)
        (build / "test-results").mkdir()
        (build / "release" / "test-results").mkdir(parents=True)
        if entries is not None:
            (build / "test-results" / "release.xml").write_text(f"<testsuite>{entries}</testsuite>")
        for preset in not_built:
            (build / "test-results" / f"{preset}.not-built").touch()
        for program, text in (cases or {}).items():
            (build / "release" / "test-results" / f"{program}.xml").write_text(f"<x>{text}</x>")
        run = subprocess.run([sys.executable, SCRIPT, build / "test-results"],
                             capture_output=True, text=True)
        return run.returncode, run.stdout.splitlines()[-1]


class Summary(unittest.TestCase):
    def test_cases_are_counted_and_disabled_ones_are_not(self):
        self.assertEqual(summary(ENTRY.format("t", "run"), {"t": PASSED * 3 + SKIPPED + DISABLED}),
                         (0, "3 passed, 0 failed, 1 skipped"))

    def test_a_failed_case_fails(self):
        self.assertEqual(summary(ENTRY.format("t", "fail"), {"t": PASSED + FAILED}),
                         (1, "1 passed, 1 failed, 0 skipped"))

    def test_a_program_that_dies_after_its_cases_fails(self):
        self.assertEqual(summary(ENTRY.format("t", "fail"), {"t": PASSED}),
                         (1, "1 passed, 1 failed, 0 skipped"))

    def test_an_entry_without_cases_counts_as_one(self):
        entries = ENTRY.format("a", "run") + SKIP.format("SKIP_RETURN_CODE=77")
        self.assertEqual(summary(entries), (0, "1 passed, 0 failed, 1 skipped"))

    def test_a_program_that_is_not_there_is_a_failure_and_not_a_skip(self):
        self.assertEqual(summary(SKIP.format("Unable to find executable")),
                         (1, "0 passed, 1 failed, 0 skipped"))

    def test_nothing_run_is_a_failure(self):
        self.assertEqual(summary(None), (1, "0 passed, 1 failed, 0 skipped"))
        self.assertEqual(summary("")[0], 1)

    def test_a_preset_that_does_not_build_is_a_failure(self):
        self.assertEqual(summary(ENTRY.format("a", "run"), not_built=["dev"]),
                         (1, "1 passed, 1 failed, 0 skipped"))


if __name__ == "__main__":
    unittest.main()
