# SPDX-License-Identifier: MIT
#
# layers.py - arrows between layers go down only.
#
# The table in ARCHITECTURE.md is the rule: folder -> what it may use. This
# holds every #include to it, and every USES of a gv_layer(). Third-party
# headers are held to it too, so that Unicorn is seen by the engine alone.

import re

import tree

# Header path -> the library's name in the table. Others are free: fmt, JSON.
LIBRARIES = [
    ("unicorn/", "Unicorn"), ("Zydis/", "Zydis"), ("Zycore/", "Zydis"), ("lua", "Lua"),
    ("imgui", "ImGui"), ("GLFW/", "GLFW"), ("GL/", "OpenGL"), ("seccomp.h", "seccomp"),
    ("boost/", "Boost.Context"), ("md4c", "md4c"), ("CLI/", "CLI11"), ("linux/kvm.h", "KVM"),
    ("lzma.h", "liblzma"),
]
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^">]+)[">]')
USES = re.compile(r"gv_layer\((\w+)[^)]*?\bUSES\s+([^)]*)\)", re.S)


def read_rules(root):
    """{folder: (name in includes, {allowed names})} from ARCHITECTURE.md."""
    rules = {}
    for cells in tree.table(root / "ARCHITECTURE.md", "folder"):
        folder = cells[0].strip("`").rstrip("/")
        allowed = {word.strip(" `") for word in cells[-1].split(",")} - {"-", ""}
        rules[folder] = (folder.split("/")[-1], allowed)
    return rules


def check_include(name, allowed, layers, quote, header):
    first = header.split("/")[0]
    for start, library in LIBRARIES:
        if header.startswith(start) and first not in layers:
            return None if library in allowed else f"uses {library}, which its row does not list"
    if quote == "<" and first == "xen":  # Xen's own, not our folder of that name
        return None if "Xen's headers" in allowed else "uses Xen's headers, which its row does not list"
    if quote == "<":
        return None
    if ".." in header or "/" not in header:
        return f'includes "{header}"; name it from its layer, as in "{name}/{header.split("/")[-1]}"'
    if first in ("gv", name) or first in allowed:
        return None
    return f"may not use {first} (it may use: {', '.join(sorted(allowed)) or 'nothing'})"


def main():
    root = tree.root()
    rules = read_rules(root)
    layers = {name for name, _ in rules.values()}
    findings = [] if rules else ["ARCHITECTURE.md: has no table headed 'folder'; restore it"]
    for folder, (name, allowed) in rules.items():
        if folder == "guest-kits":  # freestanding: the kit's own include path
            continue
        for path in tree.files(root / folder, ".h", ".cpp"):
            for number, line in enumerate(tree.lines(path), 1):
                match = INCLUDE.match(line)
                wrong = match and check_include(name, allowed, layers, *match.groups())
                if wrong:
                    findings.append(f"{path.relative_to(root)}:{number}: {wrong}; move what is"
                                    " shared down, or change the table if the design changed")
        for path in tree.files(root / folder, ".txt"):
            for layer, used in USES.findall(path.read_text()):
                used = re.split(r"\b(?:LIBS|SOURCES)\b", used)[0].split()
                for extra in sorted(set(used) - allowed):
                    findings.append(f"{path.relative_to(root)}: {layer} USES {extra}, which"
                                    f" ARCHITECTURE.md's row for {folder} does not allow")
    tree.report(findings)


main()
