"""The checks across the files of a cohort that take facts alone: copies, names and strands.

One job makes the facts of files in memory; of a build in several jobs, each batch writes its own,
and the job that finds the sites reads them all. Positions are compared in `base.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.errors import InputError
from ..core.log import log
from ..genome import Aliases, Named, Reference, refuse_mixed
from .chroms import order_chroms
from .config import Config
from .facts import FileFacts, Strands
from .reused import NOTHING_REUSED, Reused
from .samples import copy_key, format_of


@dataclass(frozen=True, slots=True)
class Frame:
    """What all files of a cohort have to fit.

    Attributes
    ----------
    aliases : names of the store for names in the files
    chroms : the chromosomes of the store where a BED file, a reference or stores give them; rows
        of others are left out
    reference : the genome that the files are of, if it is known
    reused : samples of the cohort whose text is not read
    """

    aliases: Aliases
    chroms: Sequence[str] | None = None
    reference: Reference | None = None
    reused: Reused = NOTHING_REUSED

    def chroms_of(self, files: Sequence[FileFacts], config: Config) -> list[str]:
        """Return the chromosomes of the store, in its order."""
        if self.chroms is not None:
            return list(self.chroms)
        is_known = self.reference is not None and config.sites == "reference"
        known = self.reference.chroms if self.reference is not None and is_known else ()
        return order_chroms(
            [(file.names, file.present) for file in files], config.chroms.order, known
        )


def check_names(files: Sequence[FileFacts], frame: Frame, config: Config) -> None:
    """Refuse files, a BED file and a reference that name one chromosome differently."""
    named = [Named(file.path, file.present or file.names) for file in files]
    named[:0] = frame.reused.named
    if frame.reference is not None:
        named.insert(0, Named(frame.reference.path, frame.reference.chroms))
    if frame.chroms is not None and config.bed is not None:
        named.insert(0, Named(config.bed, frame.chroms))
    refuse_mixed(named, frame.aliases)


def check_copies(files: Sequence[FileFacts], reused: Sequence[FileFacts] = ()) -> None:
    """Warn where two files have the same bytes: one of them may have been copied by mistake.

    Parameters
    ----------
    reused : the files of samples whose text is not read

    Raises
    ------
    InputError
        Where both are of one sample, whose reads would count twice, or the same columns of one
        text.
    """
    copies = []
    stored: dict[str, FileFacts] = {}
    for file in reused:
        if not file.n_rows:
            continue
        before = stored.setdefault(copy_key(file.sha256, file.format), file)
        if before is not file:
            copies.append((before, file))
    first: dict[tuple[str, str], FileFacts] = {}
    for file in files:
        # By the columns themselves: the sheet may call a sample by its name and by its number.
        before = first.setdefault((file.sha256, file.columns), file)
        if not file.n_rows:
            continue
        if before is not file:
            _refuse_same_reads(before, file)
            copies.append((before, file))
        elif (key := copy_key(file.sha256, file.format)) in stored:
            copies.append((stored[key], file))
    for before, after in copies[:1]:
        more = f" (and {len(copies) - 1} more such files)" if len(copies) > 1 else ""
        log.warning(
            "%s of sample %s has the same bytes as %s of %s%s; check the sheet",
            after.path, after.name, before.path, before.name, more,
        )  # fmt: skip


def _refuse_same_reads(before: FileFacts, after: FileFacts) -> None:
    if before.sample == after.sample:
        message = (
            f"{after.path}: the file of {after.name} has the same bytes as {before.path} of "
            f"{before.name}, and both are of one sample, so its reads would count twice; expected "
            "different files; fix the sheet"
        )
        raise InputError(message)
    if after.columns:
        named = ", ".join(format_of(file.format)[1] for file in (before, after))
        message = (
            f"{after.path}: samples {before.name} and {after.name} have the same columns of one "
            f"text ({named}); expected other columns for each; fix the sheet"
        )
        raise InputError(message)


def check_strands(files: Sequence[Strands], config: Config) -> None:
    """Refuse files some of which keep the strands apart and some not.

    Where only positions say that strands were added, it is a warning unless `base_check` is error.

    Raises
    ------
    InputError
        That names one of each.
    """
    merged = next((file for file in files if file.merged), None)
    joined = next((file for file in files if file.joined), None)
    split = next((file for file in files if file.split), None)
    one = merged or joined
    if one is None or split is None:
        return
    rest = (
        f"{split.path} has rows of its own for the reverse strand; expected one or the "
        f"other in a cohort; set strands: collapse{_blind_needs(files, config)}"
    )
    if merged:
        message = f"{one.path}: has the reads of both strands of a CpG in one row, and {rest}"
        raise InputError(message)
    message = (
        f"{one.path}: has rows at the C of CpGs only, as where the reads of both strands were "
        f"added, and {rest}, or set base_check: warn to take them as they are, as where reads of "
        "the reverse strand were left out"
    )
    if config.base_check == "error":
        raise InputError(message)
    log.warning("%s", message)


def _blind_needs(files: Sequence[Strands], config: Config) -> str:
    """Return what collapsing needs besides, where a text does not state the strand."""
    blind = next((file.path for file in files if file.blind), None)
    if blind is None or config.reference:
        return ""
    return f" and give a reference, since the text of {blind} does not state the strand of its rows"
