"""Every kind of trial, by name: what the soak makes."""

from typing import Any, Final

from trials import concurrency, damage, failures, fuzz, kills, snakemake_runs

_CLASSES: Final[tuple[type[Any], ...]] = (
    kills.KillWorker,
    kills.KillParent,
    kills.KillGroup,
    kills.Signals,
    kills.StopWorkers,
    kills.StartMethods,
    kills.StartUp,
    kills.Limits,
    failures.FailingCalls,
    failures.DiskFull,
    damage.BitFlips,
    damage.Cuts,
    damage.Sectors,
    concurrency.TwoBuilds,
    concurrency.ReadersWhileRebuilding,
    concurrency.InputReplaced,
    fuzz.Fuzz,
    fuzz.BrokenGzip,
    snakemake_runs.KilledSnakemake,
)

KINDS: Final = {kind.__name__: kind for kind in _CLASSES}
