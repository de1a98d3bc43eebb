"""The slow, obvious answer: rows of text into dictionaries, dictionaries into a table.

Nothing here is shared with the package. Each rule of the text form is one plain statement.
"""

import fnmatch
import gzip
import re
import unicodedata
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

UINT32_MAX = 2**32 - 1
POS_MAX = 2**31 - 1
LINE_MAX = 2**20
NAME_MAX = 4096
NOT_A_NUMBER = {b"na", b"nan", b"."}
DEFAULTS: dict[str, Any] = {
    "sites": "union",
    "min_samples": 1,
    "chroms": {"order": "natural", "include": [], "exclude": []},
    "layers": ["c", "t", "pct"],
    "duplicates": "error",
    "uncovered": "drop",
    "pct_check": "error",
    "pct_tolerance": 1.0,
}


class OracleFault(Exception):
    """The first fault of one file: its line (None for the whole file) and its kind."""

    def __init__(self, line: int | None, kind: str) -> None:
        super().__init__(f"line {line}: {kind}")
        self.line = line
        self.kind = kind


@dataclass
class OracleSample:
    """Rows of one file by (chromosome, position), and why other rows are not there."""

    rows: dict[tuple[str, int], tuple[int, int, float]] = field(default_factory=dict)
    chroms: dict[str, None] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


@dataclass
class Expected:
    """What a store must hold."""

    chroms: list[str]
    pos: dict[str, list[int]]
    c: np.ndarray
    t: np.ndarray
    pct: np.ndarray | None
    counts: list[dict[str, int]]

    @property
    def flat_pos(self) -> list[int]:
        return [p for name in self.chroms for p in self.pos[name]]

    @property
    def offset(self) -> list[int]:
        return [0, *np.cumsum([len(self.pos[name]) for name in self.chroms], dtype=int).tolist()]


def complete(config: dict[str, Any] | None) -> dict[str, Any]:
    """Fill in the defaults."""
    full = DEFAULTS | (config or {})
    full["chroms"] = DEFAULTS["chroms"] | full["chroms"]
    return full


def read_lines(path: Path) -> list[bytes]:
    """Lines of the decompressed text, without their ends."""
    raw = path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path) as stream:
                raw = stream.read()
        except (OSError, EOFError, zlib.error):
            raise OracleFault(None, "gzip") from None
    text = re.sub(rb"\A(\xef\xbb\xbf)+", b"", raw)
    if not text:
        raise OracleFault(None, "empty")
    lines = text.split(b"\n")
    return lines[:-1] if lines[-1] == b"" else lines


def whole_number(text: bytes, largest: int) -> int | None:
    """Digits, or what R writes shorter, such as 1e+05; up to `largest`, otherwise None."""
    if short := re.fullmatch(rb"([0-9])(?:\.([0-9]{1,15}))?e\+([0-9]{2})", text):
        places, power = len(short[2] or b""), int(short[3])
        if places <= power <= 15 and len(text) <= power:
            text = str(int(short[1] + (short[2] or b"")) * 10 ** (power - places)).encode()
    digits = text.lstrip(b"0") or b"0"
    if not re.fullmatch(rb"[0-9]+", text) or len(digits) > 10 or int(digits) > largest:
        return None
    return int(digits)


def percentage(text: bytes, c: int, t: int) -> float | None:
    """A plain decimal number in 0..100; without coverage also NA, NaN or a point."""
    if c + t == 0 and text.lower() in NOT_A_NUMBER:
        return float("nan")
    if not re.fullmatch(rb"[0-9]+\.?[0-9]*|\.[0-9]+", text) or float(text) > 100:
        return None
    return float(text) if c + t else float("nan")


def is_header(fields: list[bytes], line: int) -> bool:
    """Whether the first line of content holds names of columns."""
    names = [name.strip(b"\"'").lower() for name in fields]
    if (
        sorted(names) == [b"c", b"chr", b"pct", b"pos", b"t"]
        and names != b"chr pos pct c t".split()
    ):
        raise OracleFault(line, "header")
    return len(names) == 5 and all(
        re.match(rb"[a-z%_]", name) and name not in NOT_A_NUMBER for name in names[1:]
    )


def parse_row(fields: list[bytes], line: int, config: dict[str, Any]) -> tuple[Any, ...]:
    """Chromosome, position, c, t and percentage of one row; its first fault is raised."""
    if len(fields) != 5:
        raise OracleFault(line, "columns")
    try:
        chrom = fields[0].decode("utf-8")
    except UnicodeDecodeError:
        raise OracleFault(line, "chromosome") from None
    if re.search(r"[\x00-\x20\x7f-\xa0]", chrom) or any(letter.isspace() for letter in chrom):
        raise OracleFault(line, "chromosome")
    if any(unicodedata.category(letter) in ("Cf", "Zl", "Zp") for letter in chrom):
        raise OracleFault(line, "chromosome")
    if len(fields[0]) > NAME_MAX:
        raise OracleFault(line, "chromosome")
    if len(chrom) > 1 and chrom[0] == chrom[-1] and chrom[0] in "\"'":
        raise OracleFault(line, "chromosome")
    pos = whole_number(fields[1], POS_MAX)
    if not pos:
        raise OracleFault(line, "position")
    c, t = whole_number(fields[3], UINT32_MAX), whole_number(fields[4], UINT32_MAX)
    if c is None or t is None:
        raise OracleFault(line, "count")
    pct = percentage(fields[2], c, t)
    if pct is None:
        raise OracleFault(line, "percentage")
    wrong = c + t > 0 and abs(pct - 100 * c / (c + t)) > config["pct_tolerance"] + 1e-9
    if wrong and config["pct_check"] == "error":
        raise OracleFault(line, "disagreement")
    return chrom, pos, c, t, pct


def is_chosen(chrom: str, config: dict[str, Any]) -> bool:
    """Whether include and exclude let a chromosome in."""
    included, excluded = (
        [fnmatch.fnmatchcase(chrom, pattern) for pattern in config["chroms"][key]]
        for key in ("include", "exclude")
    )
    return (any(included) or not included) and not any(excluded)


def add_row(sample: OracleSample, row: tuple[Any, ...], line: int, config: dict[str, Any]) -> None:
    """Put one good row into the table of its sample, or count why not."""
    chrom, pos, c, t, pct = row
    sample.counts["n_rows"] += 1
    sample.chroms[chrom] = None
    if not is_chosen(chrom, config):
        sample.counts["n_dropped_chroms"] += 1
    elif c + t == 0 and config["uncovered"] == "drop":
        sample.counts["n_dropped_uncovered"] += 1
    elif (chrom, pos) not in sample.rows:
        sample.rows[chrom, pos] = (c, t, pct)
    elif config["duplicates"] == "error":
        raise OracleFault(line, "duplicate")
    elif config["duplicates"] == "first":
        sample.counts["n_dropped_duplicates"] += 1
    else:
        sample.counts["n_summed_duplicates"] += 1
        c, t = c + sample.rows[chrom, pos][0], t + sample.rows[chrom, pos][1]
        if max(c, t) > UINT32_MAX:
            raise OracleFault(line, "overflow")
        sample.rows[chrom, pos] = (c, t, 100 * c / (c + t) if c + t else float("nan"))


def read_text(path: Path, config: dict[str, Any] | None = None) -> OracleSample:
    """Read one file; the first faulty line in file order raises OracleFault."""
    config = complete(config)
    sample = OracleSample()
    at_start = True
    for line, text in enumerate(read_lines(path), start=1):
        if len(text) > LINE_MAX:
            raise OracleFault(line, "long")
        fields = [name for name in re.split(rb"[ \t]+", text.removesuffix(b"\r")) if name]
        if not fields or fields[0].startswith(b"#"):
            continue
        header = at_start and is_header(fields, line)
        at_start = False
        if not header:
            add_row(sample, parse_row(fields, line, config), line, config)
    return sample


def natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """Runs of digits compare as numbers; equal names by number compare as text."""
    parts = re.split(r"([0-9]+)", name)
    digits = [part.lstrip("0") if i % 2 else part for i, part in enumerate(parts)]
    return [(len(part) if i % 2 else 0, part) for i, part in enumerate(digits)], name


def read_bed(path: Path) -> dict[str, set[int]]:
    """All 1-based positions of the intervals of a BED file."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    sites: dict[str, set[int]] = {}
    for line in text.splitlines():
        fields = line.split()
        if fields and fields[0] not in ("track", "browser") and not line.startswith("#"):
            bases = range(int(fields[1]) + 1, int(fields[2]) + 1)
            sites.setdefault(fields[0], set()).update(bases)
    return sites


def kept_sites(samples: list[OracleSample], config: dict[str, Any]) -> dict[str, set[int]]:
    """Positions of the store by chromosome."""
    if config["sites"] not in ("union", "intersection"):
        bed = read_bed(Path(config["sites"]))
        return {chrom: pos for chrom, pos in bed.items() if pos and is_chosen(chrom, config)}
    needed = len(samples) if config["sites"] == "intersection" else config["min_samples"]
    sites: dict[str, set[int]] = {}
    for (chrom, pos), n in Counter(key for sample in samples for key in sample.rows).items():
        if n >= needed:
            sites.setdefault(chrom, set()).add(pos)
    return sites


def merge(samples: list[OracleSample], config: dict[str, Any] | None = None) -> Expected:
    """The store that the samples make."""
    config = complete(config)
    sites = kept_sites(samples, config)
    if config["chroms"]["order"] == "natural":
        chroms = sorted(sites, key=natural_key)
    else:
        found = [] if "bed" in config["sites"] else [n for sample in samples for n in sample.chroms]
        chroms = [name for name in dict.fromkeys([*found, *sites]) if name in sites]
    pos = {name: sorted(sites[name]) for name in chroms}
    keys = [(name, p) for name in chroms for p in pos[name]]
    shape = len(samples), len(keys)
    none = (0, 0, float("nan"))
    table = [[sample.rows.get(key, none) for key in keys] for sample in samples]
    c, t, pct = (
        np.array([[row[i] for row in rows] for rows in table], kind).reshape(shape)
        for i, kind in enumerate((np.uint64, np.uint64, np.float64))
    )
    largest = int(max(c.max(initial=0), t.max(initial=0)))
    dtype = next(kind for kind in (np.uint8, np.uint16, np.uint32) if largest <= np.iinfo(kind).max)
    counts = [dict(sample.counts) for sample in samples]
    for i, sample in enumerate(samples):
        placed = sum(key[0] in sites and key[1] in sites[key[0]] for key in sample.rows)
        counts[i]["n_dropped_sites"] = len(sample.rows) - placed
        counts[i]["n_sites"] = int(((c[i] + t[i]) > 0).sum())
        counts[i]["sum_c"], counts[i]["sum_t"] = int(c[i].sum()), int(t[i].sum())
        counts[i]["largest_count"] = int(max(c[i].max(initial=0), t[i].max(initial=0)))
    kept = pct.astype(np.float32) if "pct" in config["layers"] else None
    return Expected(chroms, pos, c.astype(dtype), t.astype(dtype), kept, counts)
