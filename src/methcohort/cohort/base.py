"""The base of each file: checked, or decided, by the reference and by the other files.

A file that fits better when its positions are shifted by one was read on the wrong base, or made on
it. Where two formats that look alike differ by their base, the shift that fits says which it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Final

import numpy as np

from ..base_check import (
    FEW,
    FITS,
    Agreement,
    Annotated,
    Reading,
    ShiftTask,
    Wishes,
    annotate_files,
    compare_positions,
    doubted_bases,
    figures,
    has_neighbours,
    is_joined,
    other_builds,
    overview,
    settle_rivals,
    settled_line,
    shift_rows,
    shifted_files,
    strangers,
    undecided,
)
from ..core.errors import InputError, joined
from ..core.log import log
from ..engine import Memory, Pool, Session
from ..genome import Reference
from ..readers import Format
from ..rows import Catalog, view_columns
from ..store.cytosine import ANY_CONTEXT, BOTH, CPG
from .config import Config, context_bits
from .files import LoadedFile
from .identify import ASSUMED, COHORT, REFERENCE

_NO_RUNS: Final = np.empty((0, 2), np.int32)

_OFF: Final = "off"
_ERROR: Final = "error"


def compare_with_reference(
    machine: Session,
    files: Sequence[LoadedFile],
    reference: Reference,
    config: Config,
) -> list[LoadedFile]:
    """Compare each file with the reference; return the files, on the base that fits.

    Rows get the strand and context of the reference where the configuration needs them and the
    text does not state them.

    Raises
    ------
    InputError
        With each file that does not fit, where `base_check` is error.
    """
    pool, memory = machine
    wishes = [_wishes(file, config) for file in files]
    given = [(wish, file.rows) for wish, file in zip(wishes, files, strict=True)]
    found = annotate_files(pool, memory, given, reference.genome, reference.path)
    faults = []
    for file, one in zip(files, found, strict=True):
        if one.verdict.note:
            log.warning("%s: %s", file.path, one.verdict.note)
        if one.has_other_contexts and config.base_check != _OFF:
            faults.append(f"{file.path}: {_other_contexts(one, reference)}")
        if not one.verdict.is_fault or one.is_rival or config.base_check == _OFF:
            continue
        faults.append(f"{file.path}: {one.verdict.message}")
    _report(faults, config)
    return [_annotated(file, one) for file, one in zip(files, found, strict=True)]


def _wishes(file: LoadedFile, config: Config) -> Wishes:
    form, contexts = file.found.form, context_bits(config)
    lacks_context = bool(contexts) and not form.with_context
    collapses = config.strands == "collapse" and not (form.with_context and form.with_strand)
    return Wishes(
        title=file.title,
        path=file.path,
        base=form.base,
        rival_shift=file.found.rival_shift,
        rival_kind=_rival_kind(file.found.rival),
        with_kinds=lacks_context or collapses,
        contexts=contexts if lacks_context else 0,
        counted=(contexts or CPG) if config.sites == "reference" else 0,
    )


def _annotated(file: LoadedFile, one: Annotated) -> LoadedFile:
    """Return a file after it was compared; where that has decided what it is, it has no rival."""
    found = file.found
    if one.is_rival and found.rival is not None:
        found = replace(found, form=found.rival, decided_by=REFERENCE, rival=None)
    elif found.rival is not None and not one.verdict.is_fault and one.verdict.outcome != FEW:
        found = replace(found, decided_by=REFERENCE, rival=None)
    sentences = [one.verdict.message, one.verdict.note]
    fits = one.is_rival or one.verdict.outcome == FITS
    file = replace(file, found=found, rows=one.rows, n_off_reference=one.n_off_reference, fits=fits)
    return _with_evidence(file, [sentence for sentence in sentences if sentence])


def _other_contexts(one: Annotated, reference: Reference) -> str:
    return (
        f"its rows have another context than the reference {reference.path} in "
        f"{one.n_other_contexts:,} of {one.n_contexts:,} cases; expected the same; give the "
        "reference that the calls were made with, or fix the column of contexts"
    )


def _with_evidence(file: LoadedFile, sentences: Sequence[str]) -> LoadedFile:
    evidence = (*file.found.evidence, *sentences)
    return replace(file, found=replace(file.found, evidence=evidence))


def compare_with_each_other(
    machine: Session,
    files: Sequence[LoadedFile],
    catalog: Catalog,
    chroms: Sequence[str],
    config: Config,
    *,
    refuse: bool = True,
) -> list[LoadedFile]:
    """Check that no file is off by one base from the others, or of another genome build.

    Returns the files. What fits the reference is on its right base, and is not doubted again.
    Where a file may be of another format as well, the others decide; its rows are shifted then.

    Parameters
    ----------
    catalog : the rows, one file per sample
    refuse : whether a file whose format nothing decides stops the run

    Raises
    ------
    InputError
        With each file that is off by one, and those of another build, where `base_check` is error,
        and each whose format nothing decides.
    """
    pool, memory = machine
    rivals = any(file.found.rival for file in files)
    if not rivals and (config.base_check == _OFF or len(files) == 1):
        return list(files)
    readings = [reading_of(file, memory) for file in files]
    found = compare_positions(pool, memory, catalog, chroms, readings)
    settled = list(files)
    if rivals:
        settled = _settled(pool, files, found, refuse=refuse)
        readings = [reading_of(file, memory) for file in settled]
        if any(
            new.found.form is not old.found.form for new, old in zip(settled, files, strict=True)
        ):
            found = compare_positions(pool, memory, catalog, chroms, readings)
        else:
            found = replace(found, readings=tuple(readings))
    is_checked = config.base_check != _OFF
    if is_checked:
        check_agreement(found, [k for k, file in enumerate(settled) if file.fits], config)
    lines = figures(found)
    return [
        replace(
            _with_evidence(file, [lines[k]] if k in lines else []),
            is_split=not file.found.form.with_strand and has_neighbours(found, k),
            is_joined=is_checked and not file.found.form.with_strand and is_joined(found, k),
        )
        for k, file in enumerate(settled)
    ]


def _settled(
    pool: Pool, files: Sequence[LoadedFile], found: Agreement, *, refuse: bool
) -> list[LoadedFile]:
    """Return the files with the formats that the others of the cohort decide."""
    decided = settle_rivals(found)
    faults = undecided(found, decided)
    if faults and refuse:
        raise InputError(joined(faults, "file"))
    for k in sorted(decided):
        log.info("%s", settled_line(found, k, is_rival=decided[k]))
    _shift(pool, {k: files[k] for k, is_rival in decided.items() if is_rival})
    settled = list(files)
    for k, is_rival in decided.items():
        one = files[k].found
        form = one.rival if is_rival and one.rival is not None else one.form
        settled[k] = replace(files[k], found=replace(one, form=form, decided_by=COHORT, rival=None))
    _warn_of_assumed(settled)
    return [replace(file, found=file.found.assumed()) for file in settled]


def _warn_of_assumed(files: Sequence[LoadedFile]) -> None:
    """Say of which files the base is assumed: one line, since there may be thousands."""
    assumed = [file for file in files if file.found.rival is not None and file.found.form.usual]
    if assumed:
        more = f" (and {len(assumed) - 1:,} more files)" if len(assumed) > 1 else ""
        why = assumed[0].found.assumed().evidence[-1]
        log.warning("%s%s: %s", assumed[0].path, more, why)


def reading_of(file: LoadedFile, memory: Memory) -> Reading:
    """Return how a file was read, for its comparison with others."""
    form, rival = file.found.form, file.found.rival
    reading = Reading(
        name=file.source.name,
        path=file.path,
        format=form.name,
        base=form.base,
        merged=form.merged == "yes",
        assumed=file.found.decided_by == ASSUMED,
        contexts=_contexts(file, memory),
    )
    if rival is None:
        return reading
    return replace(
        reading,
        rival=rival.name,
        rival_shift=file.found.rival_shift,
        rival_merged=rival.merged == "yes",
        usual=form.usual,
    )


def _contexts(file: LoadedFile, memory: Memory) -> int:
    """Return the contexts of a file's first rows as bits; 0 where they are not known."""
    for block in file.rows.blocks[:1]:
        kind = view_columns(memory.arenas.map(block.extent), block, _NO_RUNS).kind
        if kind.size and (kind & ANY_CONTEXT).all():
            return int(np.bitwise_or.reduce(kind)) & ANY_CONTEXT
    return 0


def _shift(pool: Pool, files: Mapping[int, LoadedFile]) -> None:
    """Shift the rows of files to where their rivals have them; merged rows get their kind."""
    tasks = [
        ShiftTask(
            title=f"the positions of {file.path}",
            path=file.path,
            blocks=file.rows.blocks,
            shift=file.found.rival_shift,
            kind=_rival_kind(file.found.rival) or None,
        )
        for file in files.values()
    ]
    results = pool.run(shift_rows, [(task,) for task in tasks])
    faults = [str(fault) for _, fault in sorted(results, key=itemgetter(0)) if fault]
    if faults:
        raise InputError(joined(faults, "file"))


def _rival_kind(rival: Format | None) -> int:
    """Return the kind of every row if a file is its rival; 0 where that is not known."""
    if rival is None or rival.merged != "yes":
        return 0
    return BOTH | CPG | rival.context


def check_agreement(found: Agreement, trusted: Sequence[int], config: Config) -> None:
    """Warn of files that are off by one or of another build, or refuse them.

    Of files that have hardly anything in common with others it only warns.

    Parameters
    ----------
    trusted : numbers of the files that fit the reference

    Raises
    ------
    InputError
        With each file that is off by one, and those of other builds, where `base_check` is error.
    """
    log.info("%s", overview(found))
    builds = other_builds(found, set(trusted))
    for line in strangers(found, {k for one in builds for k in (*one.files, *one.others)}):
        log.warning("%s", line)
    shifted = shifted_files(found, set(trusted)) or doubted_bases(found)
    _report([*shifted, *(one.message for one in builds)], config)


def _report(faults: Sequence[str], config: Config) -> None:
    """Raise an error for files that do not fit, or warn of each."""
    if faults and config.base_check == _ERROR:
        raise InputError(joined(faults, "file"))
    for line in faults:
        log.warning("%s", line)
