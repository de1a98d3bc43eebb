"""What a batch tells besides its rows: of its files, for the checks across batches."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..base_check import Probe, Reading
from ..cohort import Cohort, Input, LoadedFile, Source, Strands
from ..readers import TextSummary
from ..store.schema import OFFSET_DTYPE
from .part_file import Bundle, BundleWriter

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the checks across batches need to know of a file.

    Attributes
    ----------
    reading : how it was read
    with_strand : whether the text tells the strand of its rows
    fits : whether it was found to fit the reference
    strands : whether it has both strands of a CpG in a row, and rows of the reverse one alone
    names : its chromosomes, in the order of the text
    present : those that have a row
    """

    reading: Reading
    with_strand: bool
    fits: bool
    strands: Strands
    names: Sequence[str]
    present: Sequence[str]

    @classmethod
    def of(cls, file: LoadedFile, reading: Reading, strands: Strands) -> "FileFacts":
        """Return what is to be known of a file that was read and compared."""
        present = file.names if file.rows.n_rows else []
        with_strand = file.found.form.with_strand
        return cls(reading, with_strand, file.fits, strands, file.rows.names, present)


def digest_of(told: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a part is made of."""
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def listed_samples(cohort: Cohort) -> list[Any]:
    """Return what is to be the same of the samples of a batch and of the sheet, for JSON."""
    return [[one.name, [_listed(source) for source in one.sources]] for one in cohort.samples]


def _listed(source: Source) -> list[str]:
    columns = [source.columns] if source.columns else []
    return [source.name, source.given, source.format, *columns]


def add_facts(writer: BundleWriter, facts: Sequence[FileFacts]) -> dict[str, Any]:
    """Write what is known of the files; return what of it goes into the index."""
    names = list(dict.fromkeys(name for file in facts for name in file.names))
    number = {name: k for k, name in enumerate(names)}
    listed = [np.array([number[name] for name in file.names], np.int32) for file in facts]
    present = [_marked(file.names, set(file.present)) for file in facts]
    writer.add("names/number", np.concatenate([np.empty(0, np.int32), *listed]))
    writer.add("names/present", np.concatenate([np.empty(0, np.uint8), *present]))
    writer.add("names/start", starts_of(listed))
    told = [
        {
            "reading": asdict(file.reading),
            "with_strand": file.with_strand,
            "fits": file.fits,
            "strands": list(file.strands[1:]),
        }
        for file in facts
    ]
    return {"names": names, "files": told}


def _marked(names: Sequence[str], chosen: set[str]) -> npt.NDArray[np.uint8]:
    return np.array([name in chosen for name in names], np.uint8)


def read_facts(bundle: Bundle) -> list[FileFacts]:
    """Return what is known of the files of a batch."""
    names = bundle.meta["names"]
    numbers, present = bundle.array("names/number"), bundle.array("names/present")
    start = bundle.array("names/start").tolist()
    facts = []
    for file, low, high in zip(bundle.meta["files"], start[:-1], start[1:], strict=True):
        own = numbers[low:high]
        reading = Reading(**file["reading"])
        facts.append(
            FileFacts(
                reading,
                file["with_strand"],
                file["fits"],
                Strands(reading.path, *file["strands"]),
                [names[k] for k in own.tolist()],
                [names[k] for k in own[present[low:high] == 1].tolist()],
            )
        )
    return facts


def add_probes(writer: BundleWriter, probes: Sequence[Probe]) -> None:
    """Write the probes of the files, which have the numbers of the chromosomes of the batch."""
    pos, strand = [probe.pos for probe in probes], [probe.strand for probe in probes]
    segments = [probe.segments for probe in probes]
    writer.add("probe/pos", np.concatenate([np.empty(0, np.int32), *pos]))
    writer.add("probe/strand", np.concatenate([np.empty(0, np.uint8), *strand]))
    writer.add("probe/segments", np.concatenate([np.empty((0, 3), np.int64), *segments]))
    writer.add("probe/start", starts_of(pos))
    writer.add("probe/segment_start", starts_of(segments))
    writer.add("probe/limit", np.array([probe.limit for probe in probes], np.uint64))


def read_probes(bundle: Bundle, chroms: Numbers) -> list[Probe]:
    """Return the probes of the files of a batch.

    Parameters
    ----------
    chroms : number in the store of each chromosome of the batch; rows of those below 0 are left out
    """
    pos, strand = bundle.array("probe/pos"), bundle.array("probe/strand")
    segments = bundle.array("probe/segments")
    segments[:, 0] = chroms[segments[:, 0]] if len(segments) else 0
    limits = bundle.array("probe/limit").tolist()
    row, segment = bundle.array("probe/start"), bundle.array("probe/segment_start")
    found = []
    for k, limit in enumerate(limits):
        own = segments[segment[k] : segment[k + 1]]
        rows = slice(int(row[k]), int(row[k + 1]))
        found.append(Probe(pos[rows], strand[rows], own[own[:, 0] >= 0], limit))
    return found


def input_of(told: Mapping[str, Any], sample: int) -> Input:
    """Return what is told of a file, as `asdict` made it, with the number of its sample."""
    summary = TextSummary(**told["summary"])
    return Input(**{**told, "summary": summary, "sample": sample})


def starts_of(arrays: Sequence[npt.NDArray[Any]]) -> Numbers:
    """Return where each of several arrays starts once they are joined, and where the last ends."""
    return np.concatenate([[0], np.cumsum([len(one) for one in arrays])]).astype(OFFSET_DTYPE)
