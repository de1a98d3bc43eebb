"""Merges of stores that are killed, asked to stop, or refused something by the system."""

from pathlib import Path
from typing import Any

import methcohort
from trials.failures import DiskFull, FailingCalls, Place
from trials.kills import KillGroup, KillWorker, Signals, Trials, make_inputs
from trials.mixtures import Mixture


def in_two(sheet: Path, config: dict[str, Any]) -> list[Path]:
    """Build a store of the first half of the samples of a sheet, and one of the others."""
    head, *rows = sheet.read_text().splitlines()
    stores = []
    for k, part in enumerate((rows[: len(rows) // 2], rows[len(rows) // 2 :])):
        half = sheet.with_name(f"half{k}.tsv")
        half.write_text("\n".join([head, *part]) + "\n")
        stores.append(sheet.with_name(f"half{k}.h5"))
        methcohort.build(half, stores[-1], config=config, workers=0)
    return stores


class OfMerges(Trials):
    """The trials are of merges: a part of the chunks is copied, the others are made again."""

    def make(self, folder: Path) -> Mixture:
        made = super().make(folder)
        other = make_inputs(folder / "other", n_rows=20_000).read_text().splitlines()[1:]
        lines = [f"other_{line}" for line in other]
        made.sheet.write_text("\n".join([made.sheet.read_text().rstrip(), *lines]) + "\n")
        self.stores = in_two(made.sheet, made.config)
        return made

    def arguments(self, n_workers: int) -> list[str | Path]:
        return [
            "merge", *self.stores, "--output", self.target, "--workers", str(n_workers),
            "--memory", "400MB", "--scratch", self.scratch,
        ]  # fmt: skip


class KillMerge(OfMerges, KillGroup):
    """Every process of a merge is killed at once."""


class KillWorkerOfMerge(OfMerges, KillWorker):
    """One worker of a merge gets a deadly signal."""


class SignalsInMerge(OfMerges, Signals):
    """SIGINT, SIGTERM or SIGHUP while stores are merged."""


class PlaceOfMerges(Place):
    """The store that is to be made is merged from two."""

    def make(self, folder: Path) -> Mixture:
        made = super().make(folder)
        self.stores = in_two(made.sheet, made.config)
        return made

    def arguments(self, n_workers: int, *, spill: bool = False) -> list[Any]:
        return [
            "merge", *self.stores, "--output", self.target, "--scratch", self.scratch,
            "--workers", n_workers, "--memory", "1MB" if spill else "4GB",
        ]  # fmt: skip


class DiskFullInMerge(DiskFull):
    """The disk of a merged store, or of the scratch file, is full, for good or for a moment."""

    PLACE = PlaceOfMerges


class FailingCallsOfMerges(FailingCalls):
    """The n-th write, read, allocation, ... of a merge fails."""

    PLACE = PlaceOfMerges
