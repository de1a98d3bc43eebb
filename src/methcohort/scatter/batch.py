"""What a batch holds besides its rows: facts of its files, for the checks across batches."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..base_check import Probe, Reading
from ..cohort import Cohort, FileFacts, Input, Source, Strands
from ..rows import TextSummary
from ..store.schema import OFFSET_DTYPE
from .part_file import PartFile, PartWriter

Numbers = npt.NDArray[np.int64]


def digest_of(made_of: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a part is made of."""
    text = json.dumps(made_of, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def listed_samples(cohort: Cohort) -> list[Any]:
    """Return what is to be the same of the samples of a batch and of the sheet, for JSON."""
    return [[one.name, [_listed(source) for source in one.sources]] for one in cohort.samples]


def _listed(source: Source) -> list[str]:
    columns = [source.columns] if source.columns else []
    return [source.name, source.given, source.format, *columns]


def add_facts(
    writer: PartWriter, facts: Sequence[FileFacts], readings: Sequence[Reading]
) -> dict[str, Any]:
    """Write what the checks across batches need of the files; return what goes into the index."""
    names = list(dict.fromkeys(name for file in facts for name in file.names))
    number = {name: k for k, name in enumerate(names)}
    listed = [np.array([number[name] for name in file.names], np.int32) for file in facts]
    present = [_marked(file.names, set(file.present)) for file in facts]
    writer.add("names/number", np.concatenate([np.empty(0, np.int32), *listed]))
    writer.add("names/present", np.concatenate([np.empty(0, np.uint8), *present]))
    writer.add("names/start", starts_of(listed))
    return {
        "names": names,
        "facts": [asdict(replace(file, names=(), present=())) for file in facts],
        "readings": [asdict(one) for one in readings],
    }


def _marked(names: Sequence[str], chosen: set[str]) -> npt.NDArray[np.uint8]:
    return np.array([name in chosen for name in names], np.uint8)


def read_facts(batch: PartFile, first: int) -> list[FileFacts]:
    """Return what the checks across batches need of the files of one.

    Parameters
    ----------
    first : number in the cohort of the batch's first sample
    """
    names = batch.meta["names"]
    numbers, present = batch.array("names/number"), batch.array("names/present")
    start = batch.array("names/start").tolist()
    facts = []
    for one, low, high in zip(batch.meta["facts"], start[:-1], start[1:], strict=True):
        own = numbers[low:high]
        given = {
            "sample": first + one["sample"],
            "strands": Strands(*one["strands"]),
            "names": [names[k] for k in own.tolist()],
            "present": [names[k] for k in own[present[low:high] == 1].tolist()],
        }
        facts.append(FileFacts(**one | given))
    return facts


def read_readings(batch: PartFile) -> list[Reading]:
    """Return how the files of a batch were read."""
    return [Reading(**one) for one in batch.meta["readings"]]


def read_inputs(batch: PartFile, first: int) -> list[Input]:
    """Return what the store records of the files of a batch, whose first sample has a number."""
    return [
        Input(**one | {"summary": TextSummary(**one["summary"]), "sample": first + one["sample"]})
        for one in batch.meta["inputs"]
    ]


def add_probes(writer: PartWriter, probes: Sequence[Probe]) -> None:
    """Write the probes of the files, which have the numbers of the chromosomes of the batch."""
    pos, strand = [probe.pos for probe in probes], [probe.strand for probe in probes]
    segments = [probe.segments for probe in probes]
    writer.add("probe/pos", np.concatenate([np.empty(0, np.int32), *pos]))
    writer.add("probe/strand", np.concatenate([np.empty(0, np.uint8), *strand]))
    writer.add("probe/segments", np.concatenate([np.empty((0, 3), np.int64), *segments]))
    writer.add("probe/start", starts_of(pos))
    writer.add("probe/segment_start", starts_of(segments))
    writer.add("probe/limit", np.array([probe.limit for probe in probes], np.uint64))


def read_probes(batch: PartFile, chroms: Numbers) -> list[Probe]:
    """Return the probes of the files of a batch.

    Parameters
    ----------
    chroms : number in the store of each chromosome of the batch; rows of those below 0 are left out
    """
    pos, strand = batch.array("probe/pos"), batch.array("probe/strand")
    segments = batch.array("probe/segments")
    segments[:, 0] = chroms[segments[:, 0]] if len(segments) else 0
    limits = batch.array("probe/limit").tolist()
    row, segment = batch.array("probe/start"), batch.array("probe/segment_start")
    found = []
    for k, limit in enumerate(limits):
        own = segments[segment[k] : segment[k + 1]]
        rows = slice(int(row[k]), int(row[k + 1]))
        found.append(Probe(pos[rows], strand[rows], own[own[:, 0] >= 0], limit))
    return found


def starts_of(arrays: Sequence[npt.NDArray[Any]]) -> Numbers:
    """Return where each of several arrays starts once they are joined, and where the last ends."""
    return np.concatenate([[0], np.cumsum([len(one) for one in arrays])]).astype(OFFSET_DTYPE)
