# SPDX-License-Identifier: MIT
#
# links.py - the headless program has no window system in it.
#
#   python3 links.py PROGRAM [--has-one]
#
# Looks at what the program asks the loader for and at what was linked in
# statically (Debian's Dear ImGui is an archive). With --has-one it is the other
# way round: the workbench shows that the look can find something.

import re
import subprocess
import sys

FORBIDDEN_LIBRARY = re.compile(r"lib(GL|OpenGL|EGL|GLX|glfw|X11|xcb|wayland|imgui)\b")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main():
    program = sys.argv[1]
    findings = []
    for line in output("readelf", "--dynamic", "--wide", program).splitlines():
        if "(NEEDED)" in line and FORBIDDEN_LIBRARY.search(line):
            library = line.split("[")[1].rstrip("]")
            findings.append(f"{program}: links {library}; find which layer brought it in")
    symbols = output("nm", "--demangle", program)
    inside = re.search(r" [TtWV] (ImGui::\w+|ImDraw\w+::\w+|glfw\w+)", symbols)
    if inside:
        findings.append(f"{program}: contains {inside[1]}; find which layer brought it in")
    print("\n".join(findings) or f"{program}: no window system")
    sys.exit(1 if bool(findings) != ("--has-one" in sys.argv) else 0)


main()
