"""The last words of a run that failed: what the commands of its jobs said, not what ran them.

A plain file, which Snakemake fetches for `common.smk`. Snakemake ends with its own account of each
failed job, which is long; `onerror` of a module is not called, and comes before the end.
"""

import atexit
import logging
import sys
from pathlib import Path
from typing import Any, Final

MOST_JOBS: Final = 10
MOST_LINES: Final = 20
"""What is shown: of so many jobs so many lines of each."""

NAME: Final = "methcohort"


RULES: Final = (
    "assemble_store",
    "build_store",
    "find_sites",
    "load_batch",
    "pack_range",
    "publish_store",
    "summarize_store",
    "write_recipe",
)
"""What is ours; a module may have put something in front."""


class Failures(logging.Handler):
    """Keeps which jobs have failed, and shows the end of their logs when the process ends."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.set_name(NAME)
        self.failed: dict[Any, tuple[str, str]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Take notice of a failed job, and of one that was tried again and has ended well."""
        said = vars(record)
        if record.levelno >= logging.ERROR and said.get("log"):
            if str(said.get("rule_name")).endswith(RULES):
                self.failed[said.get("jobid")] = (said["rule_name"], str(said["log"][0]))
        else:
            self.failed.pop(said.get("job_id"), None)

    def show(self) -> None:
        """Print the end of the logs."""
        said = [last_words(*one) for one in self.failed.values()]
        if len(said) > MOST_JOBS:
            said[MOST_JOBS:] = [f"... and {len(said) - MOST_JOBS} more jobs failed"]
        if said:
            print("", *said, sep="\n", file=sys.stderr, flush=True)


def last_words(rule: str, log: str) -> str:
    """Return what the command of a job said at its end."""
    try:
        lines = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    errors = [line for line in lines if line.startswith(f"{NAME}: error: ")]
    killed = f"{NAME}: error: rule {rule} ended without a word; was its job killed?"
    return "\n".join(
        [
            f"Rule {rule} failed; {log} ends with:",
            *(errors[-MOST_LINES:] or lines[-3:] or [killed]),
        ]
    )


def watch(logger: Any) -> None:
    """Have the failures of a run shown at its end, once for all uses of the workflow."""
    if NAME not in [handler.get_name() for handler in logger.handlers]:
        failures = Failures()
        logger.addHandler(failures)
        atexit.register(failures.show)
