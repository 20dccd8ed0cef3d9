# SPDX-License-Identifier: MIT
#
# test_summary.py - counts what ./test ran: cases, not programs.
#
# A GoogleTest program is one entry of ctest and writes its cases to
# build/PRESET/test-results/NAME.xml; anything else counts as one. A program
# that died before or after its cases is one failure more. Nothing run at all,
# or a preset that does not build, is a failure: silence is not a pass.

import pathlib
import sys
import xml.etree.ElementTree as ET


def gtest_counts(path):
    """Cases of one GoogleTest report as [(name, passed|failed|skipped)]."""
    cases = []
    for case in ET.parse(path).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None:
            cases.append((name, "failed"))
        elif case.get("result") == "skipped" or case.find("skipped") is not None:
            cases.append((name, "skipped"))
        elif case.get("status") == "run":
            cases.append((name, "passed"))
    return cases


def entry_cases(entry, build):
    """Cases of one ctest entry; the entry itself where it reports none."""
    name = entry.get("name")
    status = {"run": "passed", "disabled": "skipped"}.get(entry.get("status"), "failed")
    why = entry.find("skipped")
    if why is not None and why.get("message", "").startswith("SKIP_"):
        status = "skipped"  # asked for; "Unable to find executable" is no reason to skip
    cases = []
    try:
        cases = gtest_counts(build / "test-results" / f"{name}.xml")
    except (OSError, ET.ParseError):
        pass
    if not cases:
        return [(name, status)]
    if status == "failed" and all(state != "failed" for _, state in cases):
        cases.append((f"{name} (its cases passed, the program did not end well)", "failed"))
    return [(f"{name}: {case}", state) for case, state in cases]


def main(folder):
    results = pathlib.Path(folder)
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    for broken in sorted(results.glob("*.not-built")):
        totals["failed"] += 1
        print(f"failed   {broken.stem}: does not build")
    for report in sorted(results.glob("*.xml")):
        build = results.parent / report.stem
        entries = list(ET.parse(report).iter("testcase"))
        if not entries:
            totals["failed"] += 1
            print(f"failed   {report.stem}: no test ran; is the name right?")
        for entry in entries:
            for name, state in entry_cases(entry, build):
                totals[state] += 1
                if state != "passed":
                    print(f"{state:8} {report.stem}: {name}")
    if sum(totals.values()) == 0:
        totals["failed"] = 1
        print("failed   no test ran at all")
    print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 1 if totals["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
