"""Bundling of JavaScript modules into one script, for a page in one file."""

import re
from pathlib import Path, PurePosixPath

IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]+)";\n', re.MULTILINE)
IMPORT_ALL = re.compile(r'^import \* as (\w+) from "([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.MULTILINE)


def bundle(folder: Path, first: str) -> str:
    """Return a script with a module and all of its imports.

    Each module becomes a function that is called once and returns its exports, so that names of
    different modules do not collide. The modules of the page use only the forms of import and
    export that are supported here.

    Source: ECMA-262, section 16.2 (modules), of which this supports a part.
    """
    written: dict[str, str] = {}
    write_module(folder, first, written)
    return '"use strict";\nconst modules = {};\n' + "".join(written.values())


def write_module(folder: Path, name: str, written: dict[str, str]) -> None:
    """Write the imports of a module and then the module, unless it is written already."""
    if name in written:
        return
    code = (folder / name).read_text("utf-8")

    def place(path: str) -> str:
        imported = normal(PurePosixPath(name).parent / path)
        write_module(folder, imported, written)
        return f'modules["{imported}"]'

    code = IMPORT.sub(
        lambda it: f"const {{{it[1].replace(' as ', ': ')}}} = {place(it[2])};\n", code
    )
    code = IMPORT_ALL.sub(lambda it: f"const {it[1]} = {place(it[2])};\n", code)
    names = ", ".join(it[2] for it in EXPORT.finditer(code))
    code = EXPORT.sub(r"\1 \2", code)
    if left := re.search(r"^(import|export)\b.*|\bimport\(.*|</script|<!--", code, re.MULTILINE):
        raise ValueError(f'{name}: "{left[0]}" is not supported in a bundle')
    written[name] = f'modules["{name}"] = (() => {{\n{code}\nreturn {{ {names} }};\n}})();\n'


def normal(path: PurePosixPath) -> str:
    """Return a path without `.` and `..`: views/../dom.js is dom.js."""
    parts: list[str] = []
    for part in path.parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)
