"""Samples of a cohort that are taken over from stores: which, and what is known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..cohort import Cohort, Config, Reused, SampleRecord
from ..engine import Memory
from ..matrix import NOT_STORED, Lengths, StoreChunks, StoredSamples, damaged
from .reused_checks import Looked, others_of
from .source_store import SourceStore


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sample comes from: the number of a source, and its row there."""

    source: int
    row: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Which samples of a cohort come from which stores.

    Attributes
    ----------
    sources : the stores, open
    origins : of each sample of the cohort; None where its text is read
    """

    sources: tuple[SourceStore, ...]
    origins: tuple[Origin | None, ...]

    @classmethod
    def none(cls, cohort: Cohort) -> "Taken":
        """Return that no sample of a cohort is taken."""
        return cls((), (None,) * len(cohort.samples))

    @property
    def reads_text(self) -> bool:
        """Whether the text of any sample is read."""
        return None in self.origins

    @property
    def reads_reference(self) -> bool:
        """Whether the reference is needed, where there is one: for text, or for lengths.

        A store has no lengths where its reference lacks a chromosome or ends before a site, which
        may be those of samples that are not taken.
        """
        return self.reads_text or any(
            source.config.reference and source.store.chrom_lengths is None and not self.is_whole(k)
            for k, source in enumerate(self.sources)
        )

    def chrom_lengths(self, chroms: Sequence[str]) -> Lengths | None:
        """Return the lengths of chromosomes, as all sources state them; None where one does not.

        Raises DamagedStoreError where sources made with the same files contradict each other.
        """
        known: dict[str, int] = {}
        for source in self.sources:
            lengths = source.store.chrom_lengths
            if lengths is None:
                return None
            for name, length in zip(source.store.chroms, lengths.tolist(), strict=True):
                if known.setdefault(name, length) != length:
                    what = f"the length of {name} is {length:,}, not {known[name]:,} as elsewhere"
                    raise damaged(source.path, what)
        return np.array([known[name] for name in chroms], np.int64)

    @property
    def files(self) -> Mapping[str, Mapping[str, str]]:
        """Path and SHA-256 of the files, besides those of samples, that the sources are made of."""
        return self.sources[0].files if self.sources else {}

    def fresh(self, cohort: Cohort) -> Cohort:
        """Return the cohort with only the samples whose text is read."""
        pairs = zip(cohort.samples, self.origins, strict=True)
        return replace(cohort, samples=tuple(one for one, origin in pairs if origin is None))

    def rows(self, source: int) -> list[int]:
        """Return the samples that come from a source, by their rows there, in order."""
        found = [one.row for one in self.origins if one is not None and one.source == source]
        return sorted(found)

    def is_whole(self, source: int) -> bool:
        """Tell whether all samples of a source are taken."""
        return len(self.rows(source)) == self.sources[source].grid.n_samples

    def records(self, cohort: Cohort, fresh: Sequence[SampleRecord]) -> list[SampleRecord]:
        """Return the record of each sample; names and paths of files are those of the cohort."""
        read = iter(fresh)
        return [
            next(read)
            if origin is None
            else replace(
                record := self.sources[origin.source].records[origin.row],
                files=tuple(
                    {**file, "name": source.name, "path": source.given}
                    for file, source in zip(record.files, sample.sources, strict=True)
                ),
            )
            for sample, origin in zip(cohort.samples, self.origins, strict=True)
        ]

    @property
    def largest(self) -> int:
        """The largest count of the samples that are taken."""
        counts = (
            self.sources[one.source].records[one.row].counts["largest_count"]
            for one in self.origins
            if one is not None
        )
        return max(counts, default=0)

    def others(self, memory: Memory, stores: Sequence[StoreChunks], config: Config) -> Reused:
        """Return the samples as the checks across the cohort see them."""
        looked = [
            Looked(source, self.rows(k), store.sites.open(memory.arenas))
            for k, (source, store) in enumerate(zip(self.sources, stores, strict=True))
        ]
        return others_of(memory, looked, config)

    def share(self, memory: Memory, software: Mapping[str, str]) -> list[StoreChunks]:
        """Return where the chunks of each source lie, for workers."""
        return [
            source.share(memory, as_is=dict(source.made_with) == dict(software))
            for source in self.sources
        ]

    def stored(
        self, memory: Memory, stores: Sequence[StoreChunks], chroms: Sequence[str]
    ) -> StoredSamples | None:
        """Return what packing tasks need, for a cohort with these chromosomes; None for nothing."""
        if not stores:
            return None
        pairs = [(one.source, one.row) if one else (NOT_STORED, 0) for one in self.origins]
        return StoredSamples(
            tuple(stores),
            tuple(
                memory.share(source.spans(chroms, source.store.chrom_offset))
                for source in self.sources
            ),
            memory.share(np.array(pairs, np.int32)),
        )
