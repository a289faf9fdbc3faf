"""Wings import only what is below them, in no circles, and only each other's public names."""

import importlib
import inspect
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.support.checkout import REPOSITORY
from tests.support.import_graph import (
    BENCHMARKS,
    FACES,
    MODULES,
    PACKAGES,
    defined_names,
    face_of,
    for_every,
    imports_of,
    public_names,
    wing_of,
)
from tests.support.programs import PROGRAMS

# A wing imports wings of lower levels only. ARCHITECTURE.md has the same table.
LEVELS = {
    "network": {
        1: "core errors",
        2: "environment images layers",
        3: "metrics",
        4: "interpret training",
        5: "runs sklearn",
        6: "lab plots sweep",
        7: "commands",
        8: "api cli",
        9: "__main__",
    },
    "pipeline": {
        1: "errors lazy progress",
        2: "storage",
        3: "datasets terminal",
        4: "download extras pickles",
        5: "build inspection",
        6: "formats load_dataset verify",
        7: "commands",
        8: "cli",
        9: "__main__",
    },
}
LEVEL = {
    f"{package}.{wing}": level
    for package, levels in LEVELS.items()
    for level, wings in levels.items()
    for wing in wings.split()
}
# What the network may import of the pipeline.
FOR_THE_NETWORK = {
    *("pipeline.errors", "pipeline.lazy", "pipeline.progress", "pipeline.storage"),
    *("pipeline.datasets", "pipeline.extras", "pipeline.pickles", "pipeline.terminal"),
    *("pipeline.formats", "pipeline.load_dataset"),
}
FILES_AT_MOST = {"network": 12, "pipeline": 10}

# library -> the files and folders that may import it; all others are NumPy or the standard library
RESERVED = {
    "requests": ["pipeline/download"],
    "urllib3": ["pipeline/download"],
    "filelock": ["pipeline/storage/locks.py"],
    "platformdirs": ["pipeline/storage"],
    "pickle": ["pipeline/pickles/safe_load.py"],
    "rich": ["pipeline/terminal/console.py"],
    "typer": [
        *("network/commands", "network/cli.py", "pipeline/commands", "pipeline/cli.py"),
        *("pipeline/terminal/command.py", "pipeline/terminal/command_line.py"),
        *("pipeline/terminal/completion.py", "pipeline/terminal/console.py"),
        "pipeline/terminal/numbers.py",
    ],
    "PIL": [
        *("pipeline/storage/pictures.py", "pipeline/storage/deep_pictures.py"),
        *("pipeline/storage/stated_levels.py", "pipeline/storage/unsupported_pictures.py"),
        "pipeline/formats",
        *("pipeline/terminal/preview.py", "pipeline/terminal/fonts.py"),
        *("network/images/pages", "network/api"),
    ],
    "threadpoolctl": ["network/environment.py"],
    "sklearn": ["network/interpret/projection.py", "network/sklearn.py"],
    "umap": ["network/interpret/projection.py"],
    "onnx": ["network/runs/exports"],
    "safetensors": ["network/runs/exports"],
    "pyarrow": ["pipeline/formats/tables/parquet_tables.py"],
    "optuna": ["network/sweep"],
    "sqlalchemy": ["network/sweep"],
    "pebble": ["network/sweep/workers"],
    "distributed": ["network/sweep/workers"],
    "matplotlib": ["network/plots", "network/sweep/chart.py", "network/api"],
    "fastapi": ["network/lab"],
    "pydantic": ["network/lab"],
    "starlette": ["network/lab"],
    "uvicorn": ["network/lab"],
}
ARCHITECTURE = (REPOSITORY / "ARCHITECTURE.md").read_text("utf-8")
ANYWHERE = set(sys.stdlib_module_names) - {"pickle"} | {"numpy", *PACKAGES}
SOURCES = [name for name in MODULES if name not in FACES]


def place(module: str, line: int = 0) -> str:
    path = {**MODULES, **BENCHMARKS}[module].relative_to(REPOSITORY).as_posix()
    return f"{path}:{line}" if line else path


@for_every(MODULES)
def test_a_library_is_imported_only_where_it_belongs(module):
    for imported in imports_of(MODULES[module]):
        library = imported.module.split(".")[0]
        if library in RESERVED:
            allowed = any(
                MODULES[module].is_relative_to(REPOSITORY / it) for it in RESERVED[library]
            )
        else:
            allowed = library in ANYWHERE
        assert allowed, (
            f"{place(module, imported.line)} imports {library}, which is reserved for "
            f"{RESERVED.get(library, 'no file')}. Use a function from there, or extend RESERVED."
        )


def test_every_wing_has_a_level():
    wings = {wing_of(module) for module in MODULES} - set(PACKAGES)
    assert wings == set(LEVEL), (
        f"without a level: {sorted(wings - set(LEVEL))}; without a folder: "
        f"{sorted(set(LEVEL) - wings)}. Give each wing a level in LEVELS and in ARCHITECTURE.md."
    )


def test_architecture_md_is_short_and_has_the_same_levels():
    rows = re.findall(r"^ *\| (\d+) \| ([^|]+) \| ([^|]+) \|$", ARCHITECTURE, re.MULTILINE)
    for package, column in (("network", 1), ("pipeline", 2)):
        written = {int(row[0]): set(row[column].split(", ")) for row in rows}
        expected = {n: set(wings.split()) for n, wings in LEVELS[package].items() if n <= 8}
        assert written == expected, f"{package}: correct the table in ARCHITECTURE.md, or LEVELS."
    assert ARCHITECTURE.count("\n") <= 200, "Move explanations to docs/design.md."


@for_every(SOURCES)
def test_a_wing_imports_only_wings_of_lower_levels(module):
    wing = wing_of(module)
    for imported in imports_of(MODULES[module]):
        other = wing_of(imported.module)
        if imported.module.split(".")[0] not in PACKAGES or other == wing:
            continue
        if wing.startswith("network.") and other.startswith("pipeline."):
            allowed, rule = other in FOR_THE_NETWORK, f"one of {sorted(FOR_THE_NETWORK)}"
        else:
            allowed = wing.split(".")[0] == other.split(".")[0] and LEVEL[other] < LEVEL[wing]
            rule = f"a wing below level {LEVEL[wing]}"
        assert allowed, (
            f"{place(module, imported.line)} imports {imported.module}, expected {rule}. "
            "Move the function to the wing whose names it uses, or pass it in as an argument."
        )


def test_there_are_no_circles_between_modules_even_with_late_imports():
    graph = {
        module: {
            imported.module
            for imported in imports_of(MODULES[module])
            if imported.module in SOURCES
            and not (imported.is_late and wing_of(module).endswith(".commands"))
        }
        for module in SOURCES
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        pytest.fail(f"{circle}. Move what both ends need into a module that imports neither.")


@pytest.mark.parametrize("face", FACES)
def test_the_names_of_a_face_exist_where_it_says_and_are_documented(face):
    package = importlib.import_module(face)
    assert sorted(package.__all__) == sorted(public_names(face)) == sorted(dir_of(package))
    for name, module in public_names(face).items():
        assert name in defined_names(module), (
            f"{place(face)} lists {name}, which {module} does not define. Name the right module."
        )
        value = getattr(package, name)
        is_code = inspect.isfunction(value) or inspect.isclass(value)
        assert not is_code or value.__doc__, f"{place(module)}: {name} has no docstring. Write one."


def dir_of(package):
    return dir(package) if package.__all__ else []


@for_every([*SOURCES, *BENCHMARKS])
def test_other_wings_use_only_the_names_in_a_face(module):
    for imported in imports_of({**MODULES, **BENCHMARKS}[module]):
        if imported.module not in MODULES or wing_of(imported.module) == wing_of(module):
            continue
        used = f"{place(module, imported.line)} imports {imported.name} from {imported.module}"
        assert imported.module in SOURCES, f"{used}. Import it from the module that defines it."
        face = face_of(imported.module)
        if face in PACKAGES:
            continue
        assert public_names(face).get(imported.name) == imported.module, (
            f"{used}, but {place(face)} does not list it. Add it there to make it public, or use "
            "a public name."
        )


def test_no_face_lists_a_name_that_no_other_wing_uses():
    used = {
        (face_of(imported.module), imported.name)
        for module, path in {**MODULES, **BENCHMARKS}.items()
        for imported in imports_of(path)
        if wing_of(imported.module) != wing_of(module)
    }
    used |= {(wing, name) for face in PACKAGES for name, wing in public_names(face).items()}
    used |= {(f"{it.name}.commands", by.function) for it in PROGRAMS for by in it.commands.values()}
    unused = [
        f"{place(face)}: {name}"
        for face in FACES
        if face not in PACKAGES
        for name in public_names(face)
        if (face, name) not in used
    ]
    assert not unused, f"used by no other wing: {unused}. Remove them from these files."


@pytest.mark.parametrize("package", PACKAGES)
def test_few_files_lie_directly_in_a_package(package):
    files = sorted(path.name for path in (REPOSITORY / package).glob("*.py"))
    assert len(files) <= FILES_AT_MOST[package], f"{files}. Move one into a wing."


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_or_its_command_line_needs_no_numpy(package):
    code = (
        f"import sys, {package}, {package}.cli\n"
        f"sys.exit(', '.join({{'numpy', 'PIL', 'requests'}} & set(sys.modules)) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, (
        f"importing {package}.cli imports {done.stderr}, which slows down --help. "
        "Import it inside the function that uses it."
    )
