"""The bases that the variants of a VCF file change, as intervals."""

from ..core.errors import InputError, short
from ..core.log import log
from ..files import Lines
from ..store.schema import MAX_POS
from .bed import Bed, Merging, checked_name

_ALTERNATIVE, _INFO = 4, 7


def read_vcf(path: str, min_af: float | None = None) -> Bed:
    """Read the variants of a VCF file, plain, gzip or bgzip: all bases of REF of each.

    Records that have no alternative allele in letters change no base and are passed over, such as
    `<DEL>`, `<NON_REF>`, `*` and `.`.

    Parameters
    ----------
    min_af : only records of which an allele has at least this frequency, AF in INFO; those without
        one count, too

    Raises
    ------
    InputError
        Where the file cannot be read, a line is not a record, there are no variants, or none of
        them has AF though `min_af` is given.
    """
    lines = Lines(path)
    found: dict[bytes, Merging] = {}
    n_read = n_without = 0
    for line in lines:
        if line.startswith(b"#") or not line.strip():
            continue
        fields = line.split(b"\t", 8)
        start, stop = _changed(lines, line, fields)
        if not any(allele.isalpha() for allele in fields[_ALTERNATIVE].split(b",")):
            continue
        n_read += 1
        if fields[0] not in found:
            found[fields[0]] = Merging(checked_name(lines, fields[0], len(found)))
        if min_af is not None:
            most = _frequency(lines, fields[_INFO])
            n_without += most is None
            if most is not None and most < min_af:
                continue
        found[fields[0]].add(start, stop)
    _refuse_none(path, n_read, n_without, min_af)
    return Bed({chrom.name: chrom.all() for chrom in found.values()}, lines.sha256())


def _changed(lines: Lines, line: bytes, fields: list[bytes]) -> tuple[int, int]:
    """Return the first base of a record and the one behind its last, 1-based."""
    if len(fields) > _INFO and fields[1].isdigit() and len(fields[1]) < 20:
        start = int(fields[1])
        if start + len(fields[3]) - 1 <= MAX_POS and fields[3].isalpha():
            return start, start + len(fields[3])
    shown = short(line.decode("utf-8", "backslashreplace"))
    reason = (
        f"found {shown!r}; expected a record of VCF: CHROM, POS, ID, REF, ALT, QUAL, FILTER and "
        "INFO, separated by tabs; fix or remove the line"
    )
    raise lines.fault(reason)


def _frequency(lines: Lines, info: bytes) -> float | None:
    """Return the largest frequency of the alleles of a record, None where it has none."""
    for field in info.split(b";"):
        if field.startswith(b"AF="):
            texts = [text for text in field[3:].split(b",") if text != b"."]
            try:
                found = [float(text) for text in texts]
            except ValueError:
                found = [-1.0]
            if all(0 <= one <= 1 for one in found):
                return max(found, default=None)
            shown = short(field.decode("utf-8", "backslashreplace"))
            reason = f"found {shown!r}; expected frequencies from 0 to 1; fix or remove the line"
            raise lines.fault(reason)
    return None


def _refuse_none(path: str, n_read: int, n_without: int, min_af: float | None) -> None:
    if not n_read:
        message = f"{path}: found no variants; expected a VCF file with at least one"
        raise InputError(message)
    if min_af is not None and n_without == n_read:
        message = (
            f"{path}: none of its {n_read:,} variants has a frequency, AF in INFO; leave out "
            "min_af, or give a file that has them"
        )
        raise InputError(message)
    if n_without:
        log.warning(
            "%s: %s of %s variants have no frequency, AF in INFO; they count as frequent ones",
            path, f"{n_without:,}", f"{n_read:,}",
        )  # fmt: skip
