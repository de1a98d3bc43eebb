"""The second step of a scattered build: what all batches have in common, and the sites."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..base_check import compare_positions, has_neighbours, is_confirmed, is_joined, probe_catalog
from ..build import check_settings, likely_bases, load_kernels, resources_of, shared_files
from ..cohort import (
    COHORT,
    Cohort,
    Config,
    Input,
    LoadedCohort,
    Whose,
    check_agreement,
    copy_key,
    format_of,
    order_chroms,
    read_cohort,
    read_config,
    records_of,
    refuse_mixed_strands,
    tell_copies,
)
from ..core.errors import InputError, shortages_told
from ..core.progress import log
from ..core.signals import signals_held
from ..engine import Memory, Pool, session
from ..genome import Aliases, Named, Reference, load_aliases, load_reference_kernels, refuse_mixed
from ..matrix import (
    BedSites,
    GivenSites,
    Kinds,
    Sites,
    add_counts,
    found_sites,
    given_sites,
    read_bed_sites,
    read_reference,
    strand_and_context,
    union_of_sites,
    with_sites,
)
from ..rows import Catalog, column_offsets, site_block
from ..store.cytosine import KIND_DTYPE
from ..store.schema import POS_DTYPE
from .batch import FileFacts, digest_of, input_of, read_facts, read_probes
from .load import shared_digests
from .order import batches_of
from .part_file import Bundle, BundleWriter, new_target
from .part_rows import Numbering, counts_above, rows_by_chrom

_LIMITS: Final = (2**16 - 1, 2**8 - 1)
"""The largest counts of 16 and of 8 bits."""


@shortages_told()
def find_sites(
    samples: str | Path | None,
    output: str | Path,
    batches: Sequence[str | Path],
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    cohort: str | None = None,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
) -> None:
    """Check the files of all batches against each other, and write the sites of the store.

    Parameters
    ----------
    output : the file to write; an earlier one is replaced at the very end
    batches : the files of all batches, in any order

    The others are those of `build`.

    Raises
    ------
    InputError, ConfigError, StoreError, BudgetError, WorkerError
        As `build` does; and where a batch is missing, given twice, damaged, or of other samples,
        settings or files than the others.
    """
    settings = read_config(config)
    group = read_cohort(samples or settings.samples, cohort, custom=settings.custom)
    check_settings(settings, len(group.samples))
    aliases = load_aliases(settings.aliases)
    bed = read_bed_sites(settings, aliases)
    with ExitStack() as stack:
        with signals_held():
            target = stack.enter_context(new_target(Path(output), "sites", batches))
        opened = [Bundle(path, "batch") for path in batches]
        opened = batches_of(opened, group, settings)
        load_kernels(len(group.sources))
        if settings.reference:
            load_reference_kernels()
        resources = resources_of(settings, workers, memory, scratch).beside(target.path)
        budget = resources.divide()
        pool, account = stack.enter_context(session(resources, budget))
        with signals_held():
            writer = stack.enter_context(BundleWriter(target, "sites"))
        step = _Step(pool, account, group, settings, opened)
        n_sites = step.write(aliases, bed, writer)
    log.info("wrote %s: %s sites of %s batches", target.path, f"{n_sites:,}", len(opened))


class _Step:
    """One run of the step: the batches, in order, and what they are put together with."""

    def __init__(
        self,
        pool: Pool,
        memory: Memory,
        group: Cohort,
        settings: Config,
        batches: Sequence[Bundle],
    ) -> None:
        self._pool = pool
        self._memory = memory
        self._group = group
        self._settings = settings
        self._batches = batches
        self._facts = [read_facts(batch) for batch in batches]
        self._inputs: list[Input] = []
        first = 0
        for batch in batches:
            told = batch.meta["inputs"]
            self._inputs += [input_of(one, first + one["sample"]) for one in told]
            first += len(batch.meta["samples"])

    def write(self, aliases: Aliases, bed: BedSites | None, writer: BundleWriter) -> int:
        """Find the sites and write all that the next steps need; return how many there are."""
        settings, pool, memory = self._settings, self._pool, self._memory
        genome = read_reference(pool, settings, aliases, likely_bases(settings))
        self._refuse_other_files(genome, aliases)
        given = given_sites(pool, memory, settings, bed, genome)
        chroms = self._checked(aliases, genome, given)
        loaded = LoadedCohort(
            tuple(chroms),
            self._lists(chroms),
            tuple(self._inputs),
            max(batch.meta["largest"] for batch in self._batches),
        )
        if given is not None:
            sites = given.sites
        elif settings.sites == "union" and settings.min_samples > 1:
            loaded, sites = self._found_often(loaded)
        else:
            loaded, sites = found_sites(pool, memory, loaded, settings, genome)
        kinds = strand_and_context(pool, memory, loaded, sites, settings, genome)
        files = shared_files(settings, bed, genome, aliases)
        self._write(loaded, sites, kinds, files, writer)
        return sites.n

    def _refuse_other_files(self, genome: Reference | None, aliases: Aliases) -> None:
        """Refuse batches that were read with another reference or other aliases of that name."""
        shared = shared_digests(genome, aliases)
        for batch in self._batches:
            for name, digest in shared.items():
                if batch.meta["shared"][name] != digest:
                    found = f"was read with another file as {name} than is there now"
                    raise batch.misfit(found)

    def _checked(
        self, aliases: Aliases, genome: Reference | None, given: GivenSites | None
    ) -> list[str]:
        """Check all files against each other; return the chromosomes of the store."""
        settings = self._settings
        facts = [file for batch in self._facts for file in batch]
        self._tell_copies(facts)
        named = [Named(file.reading.path, file.present or file.names) for file in facts]
        if genome is not None:
            named.insert(0, Named(genome.path, genome.chroms))
        if given is not None and settings.bed is not None:
            named.insert(0, Named(settings.bed, given.chroms))
        refuse_mixed(named, aliases)
        if given is not None:
            chroms = list(given.chroms)
        else:
            known = genome.chroms if genome is not None and settings.sites == "reference" else ()
            order = [(file.names, file.present) for file in facts]
            chroms = order_chroms(order, settings.chroms.order, known)
        found = self._compared(facts, chroms)
        if settings.strands != "collapse":
            refuse_mixed_strands(
                [
                    one.strands._replace(
                        split=one.strands.split or split, joined=one.strands.joined or joined
                    )
                    for one, (split, joined) in zip(facts, found, strict=True)
                ],
                settings,
            )
        return chroms

    def _tell_copies(self, facts: Sequence[FileFacts]) -> None:
        """Warn where files of two batches have the same bytes."""
        first: dict[str, Whose] = {}
        copies = []
        for one, file in zip(self._inputs, facts, strict=True):
            whose = Whose(one.name, one.path)
            key = copy_key(one.summary.sha256, one.format)
            before = first.setdefault(key, whose)
            if before is not whose and format_of(one.format)[1]:
                message = (
                    f"{one.path}: samples {before.name} and {one.name} have the same columns of "
                    f"one text ({one.format}); expected other columns for each; mend the sheet"
                )
                raise InputError(message)
            if before is not whose and file.present:
                copies.append((before, whose))
        tell_copies(copies)

    def _compared(
        self, facts: Sequence[FileFacts], chroms: Sequence[str]
    ) -> list[tuple[bool, bool]]:
        """Compare the positions of files of different batches, by their probes.

        Returns which files turn out to have rows of both strands of a CpG, each apart, and which
        rows at the C only.
        """
        if self._settings.base_check == "off" or len(self._batches) == 1:
            return [(False, False)] * len(facts)
        probes = [
            probe
            for batch in self._batches
            for probe in read_probes(batch, _numbers(batch, chroms))
        ]
        readings = [file.reading for file in facts]
        catalog = probe_catalog(self._memory, probes, chroms)
        found = compare_positions(self._pool, self._memory, catalog, chroms, readings)
        trusted = [k for k, file in enumerate(facts) if file.fits]
        check_agreement(found, trusted, self._settings)
        for k, file in enumerate(facts):
            if file.reading.assumed and is_confirmed(found, k):
                self._inputs[k] = replace(self._inputs[k], decided_by=COHORT)
        return [
            (False, False) if file.with_strand else (has_neighbours(found, k), is_joined(found, k))
            for k, file in enumerate(facts)
        ]

    def _lists(self, chroms: Sequence[str]) -> Catalog:
        """Return a catalog of the sites of each batch, as if it were a sample."""
        memory, blocks, runs = self._memory, [], []
        for batch in self._batches:
            n, with_kind = batch.length("list/pos"), batch.has("list/kinds")
            pos, *_, kind, size = column_offsets(
                n, wide=False, with_pct=False, with_kind=with_kind, with_counts=False
            )
            extent = memory.reserve(size)
            data = memory.arenas.map(extent)
            batch.read_into("list/pos", data[pos : pos + n * POS_DTYPE.itemsize])
            if with_kind:
                batch.read_into("list/kinds", data[kind : kind + n])
            del data
            blocks.append([site_block(extent, n, with_kind=with_kind)])
            offset = batch.array("list/offset")
            table = np.column_stack([_numbers(batch, chroms), offset[:-1], offset[1:]])
            runs.append(table[(table[:, 0] >= 0) & (table[:, 2] > table[:, 1])])
        memory.arenas.forget_scratch()
        return Catalog.build(blocks, runs, len(chroms), memory.sizes())

    def _found_often(self, loaded: LoadedCohort) -> tuple[LoadedCohort, Sites]:
        """Return the sites that enough samples have, and the cohort with their chromosomes."""
        memory, catalog = self._memory, loaded.catalog
        shared = catalog.share(memory)
        union = union_of_sites(self._pool, memory, catalog, shared, 1)
        memory.release(shared.extent)
        pos = memory.arenas.map(union.extent).view(POS_DTYPE)[: union.n]
        room = memory.reserve(4 * union.n)
        totals = memory.arenas.map(room).view(np.uint32)[: union.n]
        self._count(catalog, union, pos, totals)
        n = 0
        offset = np.zeros_like(union.offset)
        for chrom in range(len(offset) - 1):
            here = slice(*union.offset[chrom : chrom + 2].tolist())
            kept = pos[here][totals[here] >= self._settings.min_samples]
            pos[n : n + len(kept)] = kept  # never beyond what was looked at
            n += len(kept)
            offset[chrom + 1] = n
        del totals
        memory.release(room)
        return with_sites(loaded, Sites(union.extent, n, offset))

    def _count(
        self,
        catalog: Catalog,
        union: Sites,
        pos: npt.NDArray[np.int32],
        totals: npt.NDArray[np.uint32],
    ) -> None:
        """Write how many samples have each site, uint32[n], or more than are needed."""
        totals[:] = 0
        for k, batch in enumerate(self._batches):
            runs = catalog.runs[slice(*catalog.run_start[k : k + 2])].tolist()
            if not runs:
                continue
            block = catalog.block(k)
            own = self._memory.arenas.map(block.extent)[: 4 * block.n_rows].view(POS_DTYPE)
            samples = batch.array("list/samples")
            for chrom, start, stop in runs:
                here = slice(*union.offset[chrom : chrom + 2].tolist())
                add_counts(own[start:stop], samples[start:stop], pos[here], totals[here])

    def _largest(self, loaded: LoadedCohort, sites: Sites) -> int:
        """Return a count that takes the bits of the largest one that is stored."""
        settings, largest = self._settings, loaded.largest
        if settings.all_rows_stay or largest <= _LIMITS[-1]:
            return largest
        pos = self._memory.arenas.map(sites.extent).view(POS_DTYPE)[: sites.n]
        offset = sites.offset.tolist()
        batches = [Numbering(batch, _numbers(batch, loaded.chroms)) for batch in self._batches]
        for limit in _LIMITS:
            for batch in batches:
                for chrom, found in counts_above(batch, limit):
                    own = pos[offset[chrom] : offset[chrom + 1]]
                    at = np.minimum(np.searchsorted(own, found), own.size - 1)
                    if own.size and (own[at] == found).any():
                        return limit + 1
        return 0

    def _write(
        self,
        loaded: LoadedCohort,
        sites: Sites,
        kinds: Kinds | None,
        files: Mapping[str, Any],
        writer: BundleWriter,
    ) -> None:
        group, settings, memory = self._group, self._settings, self._memory
        told = {
            "cohort": group.name,
            "config": settings.content(),
            "columns": list(group.columns),
            "samples": [[one.name, list(one.extra)] for one in group.samples],
            "batches": [batch.meta["key"] for batch in self._batches],
            "files": dict(files),
        }
        records = records_of(self._inputs, len(group.samples))
        n_rows = 0
        for batch in self._batches:
            numbers = _numbers(batch, loaded.chroms)
            n_rows += int(rows_by_chrom(batch, len(numbers))[numbers >= 0].sum())
        writer.add("offset", sites.offset)
        writer.add("pos", memory.arenas.map(sites.extent).view(POS_DTYPE)[: sites.n])
        if kinds is not None:
            writer.add("kinds", memory.arenas.map(kinds.extent).view(KIND_DTYPE)[: sites.n])
        writer.finish(
            told
            | {
                "key": digest_of(told),
                "chroms": list(loaded.chroms),
                "n_sites": sites.n,
                "n_rows": n_rows,
                "largest": self._largest(loaded, sites),
                "agree": kinds is not None and kinds.agree,
                "records": [[dict(one.counts), [dict(f) for f in one.files]] for one in records],
                "threads": settings.threads,
                "memory": settings.memory,
            }
        )


def _numbers(batch: Bundle, chroms: Sequence[str]) -> Any:
    """Return the number in the store of each chromosome of a batch, -1 for others, int64[n]."""
    number = {name: k for k, name in enumerate(chroms)}
    return np.array([number.get(name, -1) for name in batch.meta["chroms"]], np.int64)
