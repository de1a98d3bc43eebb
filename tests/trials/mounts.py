"""File systems of a few kilobytes, in a mount namespace of a forked child's own."""

import ctypes
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from processes import fork

CLONE_NEWNS = 0x00020000


def unavailable() -> str:
    """Why nothing can be mounted here, or nothing."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "mounts file systems, which needs root on Linux"
    return inside(lambda: "")


def inside(work: Callable[[], str]) -> str:
    """Do work where mounts are nobody else's; return what it returned, or its traceback."""
    ours, theirs = os.pipe()
    pid = fork()
    if pid == 0:
        try:
            if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
                answer = "may not make a mount namespace"
            else:
                subprocess.run(["mount", "--make-rprivate", "/"], check=True)
                answer = work()
        except BaseException:
            answer = traceback.format_exc()
        os.write(theirs, answer.encode()[:60_000])
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        answer = pipe.read().decode()
    os.waitpid(pid, 0)
    if "Traceback" in answer:
        raise AssertionError(answer)
    return answer


def mount(folder: Path, size: str, *, options: str = "") -> None:
    """Mount an empty file system of a size (tmpfs) at a folder; `options` such as `remount,ro`."""
    extra = f",{options}" if options else ""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}{extra}", "none", str(folder)]
    subprocess.run(command, check=True)


def unmount(folder: Path) -> None:
    """Take the file system away."""
    subprocess.run(["umount", str(folder)], check=True)
