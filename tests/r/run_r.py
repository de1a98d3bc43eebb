"""Run the R functions, and the R code of the documentation, on stores that are made for it.

    python tests/r/run_r.py [arguments of pytest]

It needs R and packages of Bioconductor, which it installs where it is root on Debian. With
`--prepare` it only does that: status 0, or 1 and the reason why it cannot be done here.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CASES = Path(__file__).with_name("r_cases.py")
LIBRARIES = ("bsseq", "HDF5Array", "DSS", "rhdf5", "rtracklayer")
PACKAGES = ("r-base-core", *(f"r-bioc-{name.lower()}" for name in LIBRARIES))
SECONDS = 600
"""What installing may take; it takes about half a minute."""


def main() -> int:
    """Return the status of pytest, or 1 where R cannot be had."""
    try:
        install()
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        print(f"test-r: cannot be run here: {error}")
        return 1
    if sys.argv[1:] == ["--prepare"]:
        return 0
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(CASES)]
    return subprocess.run([*command, *sys.argv[1:]], check=False).returncode


def missing() -> list[str]:
    """Return what of R is not installed."""
    rscript = shutil.which("Rscript")
    if not rscript:
        return ["R", *LIBRARIES]
    wanted = ", ".join(f'"{name}"' for name in LIBRARIES)
    code = f"cat(setdiff(c({wanted}), rownames(installed.packages())))"
    found = subprocess.run([rscript, "-e", code], capture_output=True, text=True, check=True)
    return found.stdout.split()


def install() -> None:
    """Install Debian's packages where something is missing; raise RuntimeError where that fails."""
    absent = missing()
    if not absent:
        return
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("apt-get"):
        needed = " ".join(PACKAGES)
        message = f"there is no {', '.join(absent)}; installing {needed} needs root and Debian"
        raise RuntimeError(message)
    print(f"test-r: installing {' '.join(PACKAGES)}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    options = ("-q", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=20")
    for arguments in (("update",), ("install", "-y", "--no-install-recommends", *PACKAGES)):
        done = subprocess.run(
            ["apt-get", *options, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        if done.returncode and arguments != ("update",):
            said = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
            message = f"apt-get could not install {', '.join(absent)}: {said[-1]}"
            raise RuntimeError(message)
    if missing():
        message = f"there is still no {', '.join(missing())} after apt-get install"
        raise RuntimeError(message)


if __name__ == "__main__":
    sys.exit(main())
