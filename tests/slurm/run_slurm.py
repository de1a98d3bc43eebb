"""Set up a Slurm cluster of this machine, run the cases on it, and take it down again.

    python tests/slurm/run_slurm.py [arguments of pytest]

It needs root, and Debian's packages, which it installs. With `--prepare` it only does that and has
the cluster run one command: status 0, or 1 and the reason why there can be no cluster here.
"""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import cluster

CASES = Path(__file__).with_name("slurm_cases.py")


def main() -> int:
    """Return the status of pytest, or 1 where there can be no cluster."""
    reason = cluster.why_not()
    if reason:
        print(f"test-slurm: cannot be run here: {reason}")
        return 1
    only_prepare = sys.argv[1:] == ["--prepare"]
    try:
        cluster.install()
        if only_prepare:
            with tempfile.TemporaryDirectory(prefix="slurm-") as state:
                cluster.try_out(Path(state))
            return 0
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        print(f"test-slurm: cannot be run here: {error}")
        return 1
    # So that the cluster is taken down whatever ends this.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    with tempfile.TemporaryDirectory(prefix="slurm-") as state, cluster.cluster(Path(state)):
        # The executor plugin does not quote the path of Python, which may have blanks here.
        environment = Path(state) / "venv"
        environment.symlink_to(sys.prefix)
        python = environment / "bin" / Path(sys.executable).name
        command = [str(python), "-m", "pytest", "-p", "no:cacheprovider", str(CASES)]
        return subprocess.run([*command, *sys.argv[1:]], check=False).returncode


def leave(number: int, frame: object) -> NoReturn:
    """End as after an exception."""
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
