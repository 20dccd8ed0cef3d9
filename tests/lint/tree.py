# SPDX-License-Identifier: MIT
#
# tree.py - what every lint needs: the tree's files, and findings reported.
#
# A lint is called as `python3 NAME.py [ROOT]`. It prints one line per finding,
# `where: what is wrong; how to mend it`, and exits with 1 if there are any.

import pathlib
import sys

SKIPPED = {"build", ".git", ".cache", "__pycache__"}


def root():
    here = pathlib.Path(__file__).resolve().parents[2]
    return pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else here


def is_skipped(name):
    return name in SKIPPED or name.startswith("build-")


def files(top, *suffixes):
    """Files below top with one of the suffixes, in a stable order; any with none."""
    for path in sorted(top.iterdir()) if top.is_dir() else []:
        if path.is_dir() and not path.is_symlink():
            if not is_skipped(path.name):
                yield from files(path, *suffixes)
        elif not suffixes or path.suffix in suffixes:
            yield path


def lines(path):
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def table(path, first_heading):
    """Rows, as lists of cells, of the Markdown table whose first heading is this."""
    rows, inside = [], False
    for line in lines(path):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[0] == first_heading:
            inside = True
        elif inside and not set(line) <= set("|-: "):
            rows.append(cells)
    return rows


def report(findings):
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)
