"""Commands under limits of the system."""

import resource
import subprocess
import sys
from pathlib import Path


def limited(kind: int, value: int, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command under a limit of the system; the installed one may need a shell to start."""
    return subprocess.run(
        [sys.executable, "-m", "methcohort", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=200,
        preexec_fn=lambda: resource.setrlimit(kind, (value, value)),
    )
