"""R23: how many faults, put into the code on purpose one by one, the tests notice.

    python tests/support/mutation_score.py       a quarter of an hour; needs the extra `mutation`

mutmut changes what reads or writes files (pyproject.toml names the modules), and runs the tests
that reach the change. Ends with 1 when fewer than 85 % are noticed.
"""

import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = 0.85
MEMORY = 6 << 30  # bytes; a changed reader of hostile files would take all there is


def main() -> int:
    """Run mutmut from the beginning, and print the figure."""
    shutil.rmtree("mutants", ignore_errors=True)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    mutmut = Path(sys.executable).with_name("mutmut")
    for arguments in (["run", "--max-children", "1"], ["export-cicd-stats"]):
        subprocess.run([mutmut, *arguments], check=True)
    stats = json.loads(Path("mutants/mutmut-cicd-stats.json").read_text())
    noticed, total = stats["killed"] + stats["timeout"], stats["total"]
    share = noticed / total
    print(
        f"R23: {noticed:,} of {total:,} mutants noticed ({100 * share:.1f} %), {NEEDED:.0%} needed"
    )
    return int(share < NEEDED)


if __name__ == "__main__":
    sys.exit(main())
