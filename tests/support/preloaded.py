"""Snakemake, imported once: each run is a fork of this process, which saves most of its start.

Reads one JSON object a line, with `arguments`, `directory`, and the file of the `output`, and
answers each with a line that has the exit status.
"""

import contextlib
import importlib
import json
import os
import sys
from typing import Any

# All that a run imports before it reads the Snakefile.
import snakemake.api
import snakemake.cli
import snakemake.dag
import snakemake.scheduling.job_scheduler
import snakemake.workflow

# What Snakemake imports on the way, where it is there.
LATER = (
    "jsonschema",
    "methcohort.cohort.sheet",
    "pandas",
    "smart_open",
    "snakemake.common.git",
    "snakemake.sourcecache",
)


def begin(job: dict[str, Any]) -> None:
    """Make this process look as if it had been started for the job, and run it to its exit."""
    output = os.open(job["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(job["directory"])
    sys.path[0] = job["directory"]
    sys.argv[1:] = job["arguments"]
    # Ends in SystemExit, and so with all that Python does at its exit.
    snakemake.cli.main()


def main() -> None:
    """Fork for each line."""
    snakemake.cli.get_argument_parser()  # loads the plugins
    for name in LATER:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            begin(json.loads(line))
            sys.exit("Snakemake came back without an exit status")
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
