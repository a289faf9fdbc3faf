"""Try the ranges of pyproject.toml: the lowest versions that it allows, and the newest.

python -m tests.support.version_ranges [lowest] [newest]

Each is an environment of its own, in which every command and the Python of the documents are run.
Without a package index it is skipped, by name.
"""

import re
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.support.checkout import REPOSITORY
from tests.support.installed_copy import InstalledCopy, NoNetworkError, StepError, copy_sources
from tests.support.whole_way import go_the_whole_way, use_the_extras

TOOLS = {
    "dev",
    "mutation",
}  # extras of those who change the code; constraints.txt has what they use
REQUIREMENT = re.compile(r"([\w-]+)>=([\d.]+)")
PYPROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))


def main(kinds: list[str]) -> int:
    """Try each kind and return the exit code."""
    return max(try_versions(kind) for kind in kinds or ["lowest", "newest"])


def try_versions(kind: str) -> int:
    """Install one kind of versions, go the whole way with them, and print how it went."""
    python = lowest_python() if kind == "lowest" else sys.executable
    if python is None:
        print(f"{kind} versions: skipped, Python {lowest_python_version()} is not installed")
        return 0
    began, taken = time.monotonic(), ["the environment"]
    with tempfile.TemporaryDirectory() as name:
        try:
            taken += take_steps(InstalledCopy(Path(name), python), kind)
        except NoNetworkError:
            print(f"{kind} versions: skipped, there is no package index to install from")
            return 0
        except StepError as error:
            print(f"{kind} versions: {error}", file=sys.stderr)
            return 1
    print(f"{kind} versions: {len(taken)} steps passed in {time.monotonic() - began:.0f} s")
    return 0


def take_steps(copy: InstalledCopy, kind: str) -> Iterator[str]:
    """Take every step, first without the extras, and yield the name of each.

    Raises: StepError, NoNetworkError.
    """
    sources = copy_sources(copy.folder / "sources")
    constraints = copy.folder / "constraints.txt"
    constraints.write_text("\n".join(floors() if kind == "lowest" else []), "utf-8")
    limited = ["-c", str(constraints)]
    yield "what builds the package"
    copy.install(*limited, *PYPROJECT["build-system"]["requires"])
    yield "the package"
    copy.install(*limited, "--no-build-isolation", str(sources))
    yield from go_the_whole_way(copy)
    yield "the extras"
    copy.install(*limited, "--no-build-isolation", f"{sources}[{','.join(user_extras())}]")
    yield from use_the_extras(copy)


def floors() -> list[str]:
    """Return the lowest version of everything that the package or an extra of a user needs."""
    project = PYPROJECT["project"]
    extras = [it for name in user_extras() for it in project["optional-dependencies"][name]]
    needed = [*PYPROJECT["build-system"]["requires"], *project["dependencies"], *extras]
    return [f"{name}=={version}" for name, version in map(parse_requirement, needed)]


def user_extras() -> list[str]:
    """Return the extras that are for users."""
    return sorted(PYPROJECT["project"]["optional-dependencies"].keys() - TOOLS)


def parse_requirement(requirement: str) -> tuple[str, str]:
    """Split a requirement into its name and its lowest version.

    Raises: ValueError when it has no lowest version.
    """
    found = REQUIREMENT.fullmatch(requirement)
    if found is None:
        raise ValueError(f"{requirement} in pyproject.toml is not written as name>=version")
    return found[1], found[2]


def lowest_python_version() -> str:
    """Return the lowest version of Python that pyproject.toml allows."""
    return str(PYPROJECT["project"]["requires-python"]).removeprefix(">=")


def lowest_python() -> str | None:
    """Find the lowest Python that is allowed; the lowest packages need not be built for another."""
    lowest = lowest_python_version()
    if sys.version_info[:2] == tuple(map(int, lowest.split("."))):
        return sys.executable
    return shutil.which(f"python{lowest}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
