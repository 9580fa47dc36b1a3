"""What Colab lacks of the project's packages, installed beside what it has; the first cell of a notebook runs it.

`python -m app.anywhere.colab` needs nothing but Python and pip.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.metadata import distributions
from pathlib import Path

from app.anywhere.packages import lacking_lines

__all__ = ["install_what_lacks"]


def main() -> int:
    """Install it; pip's exit code, and what pip says of a failure."""
    return install_what_lacks()


def install_what_lacks() -> int:
    """Install the packages of the Pipfile that this Python has in no version; returns pip's exit code.

    Every package that is there is held at its version. So nothing is exchanged under the notebook's kernel, which has
    imported numpy and ipykernel already and would break.
    """
    installed = {found.name: found.version for found in distributions()}
    lacking = lacking_lines(installed)
    if not lacking:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        held = Path(folder) / "held.txt"
        held.write_text("".join(f"{name}=={version}\n" for name, version in sorted(installed.items())), "utf-8")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        return subprocess.run([*command, "--constraint", str(held), *lacking], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
