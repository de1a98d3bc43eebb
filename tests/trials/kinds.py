"""Every kind of trial, by name: what the soak makes."""

from typing import Any, Final

from trials import (
    concurrency,
    damage,
    failures,
    forged,
    forms,
    fuzz,
    growth,
    kills,
    merging,
    snakemake_runs,
)

_CLASSES: Final[tuple[type[Any], ...]] = (
    kills.KillWorker,
    kills.KillWorkerOfCallers,
    kills.KillParent,
    kills.KillGroup,
    kills.Signals,
    kills.SignalsOfCallers,
    kills.StopWorkers,
    kills.StartMethods,
    kills.StartUp,
    kills.Limits,
    kills.LimitsOfCallers,
    failures.FailingCalls,
    failures.FailingCallsOfCallers,
    failures.DiskFull,
    damage.BitFlips,
    damage.Cuts,
    damage.Sectors,
    forged.Forged,
    concurrency.TwoBuilds,
    concurrency.ReadersWhileRebuilding,
    concurrency.InputReplaced,
    fuzz.Fuzz,
    fuzz.BrokenGzip,
    forms.FuzzTables,
    forms.AnyBytes,
    forms.FuzzReferences,
    forms.FuzzAliases,
    growth.Growth,
    growth.DraftGenomes,
    merging.KillMerge,
    merging.KillWorkerOfMerge,
    merging.SignalsInMerge,
    merging.DiskFullInMerge,
    merging.FailingCallsOfMerges,
    snakemake_runs.KilledSnakemake,
)

KINDS: Final = {kind.__name__: kind for kind in _CLASSES}
