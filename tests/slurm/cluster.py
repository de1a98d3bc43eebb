"""A Slurm cluster of one machine, for tests: Debian's daemons as plain processes, without systemd.

All state lies in one folder. Only the configuration is elsewhere: the executor plugin takes every
SLURM_ variable from the environment of a job, SLURM_CONF too, so `srun` in a job finds none but
/etc/slurm/slurm.conf.
"""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

CONFIGURATION = Path("/etc/slurm/slurm.conf")
MARK = "# written by the tests of methcohort"
PACKAGES = ("slurm-wlm", "munge")
COMMANDS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")
CPUS = 4
MEMORY_MB = 8000
NODE = "node1"
# The memory of a job is that of its processes, shared pages counted once; it is looked at each
# second, and a job that has more than it asked for is killed. This needs no control groups.
TEMPLATE = """{mark}
ClusterName=methcohort
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={state}/munge.socket
CredType=cred/munge
SlurmctldPort={controller_port}
SlurmdPort={node_port}
StateSaveLocation={state}/controller
SlurmdSpoolDir={state}/node
SlurmctldPidFile={state}/slurmctld.pid
SlurmdPidFile={state}/slurmd.pid
SlurmctldLogFile={state}/slurmctld.log
SlurmdLogFile={state}/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_interval=2,bf_interval=2,sched_min_interval=200000
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,UsePss
AccountingStorageType=accounting_storage/none
MinJobAge=300
KillWait=5
ReturnToService=2
SlurmdTimeout=60
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes={node} Default=YES MaxTime=60 State=UP
"""


def why_not() -> str:
    """Return why no cluster can be set up here, or nothing."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "it needs root"
    if CONFIGURATION.exists() and MARK not in CONFIGURATION.read_text(encoding="utf-8"):
        return f"{CONFIGURATION} is there, so this machine belongs to a cluster"
    if missing() and not shutil.which("apt-get"):
        return f"there is no {' '.join(missing())}, and no apt-get to install {' '.join(PACKAGES)}"
    return ""


def missing() -> list[str]:
    """Return the commands of Slurm that are not installed."""
    return [command for command in COMMANDS if not shutil.which(command)]


def install() -> None:
    """Install Debian's packages where they are not; nothing is started by that."""
    if not missing():
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    # Without a network this ends soon.
    options = ("-qq", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20")
    for command in (
        ("apt-get", *options, "update"),
        # Without their recommendations: those draw in compilers and headers.
        ("apt-get", *options, "install", "-y", "--no-install-recommends", *PACKAGES),
    ):
        subprocess.run(command, env=environment, check=True, timeout=180, stdout=subprocess.DEVNULL)


def try_out(state: Path) -> None:
    """Set a cluster up, have it run one command, and stop it.

    Raises RuntimeError, OSError or subprocess.SubprocessError where that cannot be done here.
    """
    with cluster(state):
        subprocess.run(["srun", "--ntasks=1", "true"], check=True, timeout=60)


@contextlib.contextmanager
def cluster(state: Path) -> Iterator[None]:
    """Run a cluster with one node whose state lies in the folder; stop it at the end, whatever."""
    for name in ("controller", "node"):
        (state / name).mkdir(parents=True)
    key = state / "munge.key"
    key.touch(0o600)
    key.write_bytes(secrets.token_bytes(128))
    controller_port, node_port = free_ports(2)
    CONFIGURATION.parent.mkdir(exist_ok=True)
    CONFIGURATION.write_text(
        TEMPLATE.format(
            mark=MARK,
            host=socket.gethostname(),
            state=state,
            controller_port=controller_port,
            node_port=node_port,
            node=NODE,
            cpus=CPUS,
            memory=MEMORY_MB,
        ),
        encoding="utf-8",
    )
    files = {"key": key, "socket": "munge.socket", "pid": "munged.pid", "log": "munged.log"}
    munged = ["munged", "--foreground", "--force", f"--seed-file={state / 'munged.seed'}"]
    munged += [f"--{name}-file={state / file}" for name, file in files.items() if name != "socket"]
    munged.append(f"--socket={state / files['socket']}")
    daemons: list[subprocess.Popen[bytes]] = []
    try:
        daemons.append(start(munged, state))
        wait_until(lambda: (state / "munge.socket").exists(), "munged", state)
        daemons.append(start(["slurmctld", "-D", "-c"], state))
        daemons.append(start(["slurmd", "-D", "-N", NODE], state))
        wait_until(lambda: node_state().startswith("idle"), "the node", state)
        yield
    finally:
        stop(daemons)
        CONFIGURATION.unlink()


def free_ports(number: int) -> list[int]:
    """Return ports that nobody listens at now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def start(command: list[str], state: Path) -> subprocess.Popen[bytes]:
    """Start a daemon in the foreground, in a session of its own."""
    with (state / f"{command[0]}.out").open("wb") as said:
        return subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)


def stop(daemons: list[subprocess.Popen[bytes]]) -> None:
    """Cancel all jobs, so that nothing of theirs lives on, and stop the daemons."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        run("scancel", "--user=root", "--signal=KILL", "--full", "--quiet")
        run("scancel", "--user=root", "--quiet")
        deadline = time.monotonic() + 10
        while run("squeue", "--noheader") and time.monotonic() < deadline:
            time.sleep(0.2)
    for daemon in reversed(daemons):
        daemon.terminate()
        try:
            daemon.wait(timeout=10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def run(*command: str) -> str:
    """Run a command of Slurm and return what it said."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.strip()


def node_state() -> str:
    """Return the state of the node, such as idle or drained; nothing while no one answers."""
    with contextlib.suppress(subprocess.CalledProcessError):
        return run("sinfo", "--noheader", "--format=%T")
    return ""


def wait_until(happened: Callable[[], bool], what: str, state: Path) -> None:
    """Wait for at most a minute; at the end of it, show what the daemons have said."""
    deadline = time.monotonic() + 60
    while not happened():
        if time.monotonic() > deadline:
            said = "".join(
                f"{path.name}: {path.read_text(errors='replace')[-2000:]}\n"
                for path in sorted(state.glob("*.[lo][ou][gt]"))
            )
            message = f"{what} did not come up:\n{said}"
            raise RuntimeError(message)
        time.sleep(0.1)
