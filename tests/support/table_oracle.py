"""What a tabular text means, read slowly and plainly: the second opinion on the kernel."""

import math
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from methcohort.readers.formats import Rounding
from methcohort.readers.formats._format import Format
from methcohort.readers.rules import RowRules

PLUS, MINUS, BOTH, CPG, CHG, CHH = 1, 2, 3, 4, 8, 16
LARGEST = 2**32 - 1
LAST = 2**31 - 1
WANTED = {"5mC": {"m"}, "5hmC": {"h"}, "any": {"m", "h", "C", "other"}}
CODES = {
    b"m": "m", b"5mC": "m", b"27551": "m", b"h": "h", b"5hmC": "h", b"76792": "h", b"C": "C",
    b"f": "other", b"5fC": "other", b"76794": "other",
    b"c": "other", b"5caC": "other", b"76793": "other",
}  # fmt: skip
BASES = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT",
    "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT", "X": "AT",
}  # fmt: skip
PAIRS = {"A": "T", "C": "G", "G": "C", "T": "A"}


class Refused(Exception):
    """The line that is refused, from 1; 0 for the whole text."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class Wrong(Exception):
    """A row is none of its format."""


@dataclass
class Answer:
    """Rows (chromosome, pos, c, t, kind) in order, and what became of the others."""

    rows: list[tuple[bytes, int, int, int, int]] = field(default_factory=list)
    n_rows: int = 0
    n_dropped_chroms: int = 0
    n_dropped_uncovered: int = 0
    n_dropped_duplicates: int = 0
    n_summed_duplicates: int = 0
    n_dropped_contexts: int = 0
    n_dropped_modifications: int = 0
    n_inexact: int = 0
    n_merged_rows: int = 0
    n_reverse: int = 0
    n_disagree: int = 0


def integer(text: bytes, most: int = LARGEST) -> int:
    """A whole number, also as 5.0, and as R writes some: 1e+05."""
    if short := re.fullmatch(rb"([0-9])(?:\.([0-9]{1,15}))?e\+([0-9]{2})", text):
        places, power = len(short[2] or b""), int(short[3])
        if places <= power <= 15 and len(text) <= power:
            text = str(int(short[1] + (short[2] or b"")) * 10 ** (power - places)).encode()
    if not re.fullmatch(rb"[0-9]+(\.0*)?", text) or int(text.split(b".")[0]) > most:
        raise Wrong
    return int(text.split(b".")[0])


def number(text: bytes, scale: int) -> float | None:
    """A plain number, None where it is missing."""
    if text.lower() in (b"", b".", b"na", b"nan"):
        return None
    plain = re.fullmatch(rb"([0-9]+\.?[0-9]*|\.[0-9]+)(e-([0-9][0-9]))?", text)
    if not plain or int(plain[3] or 0) > 22 or float(text) > scale:
        raise Wrong
    return float(text)


def strand(text: bytes) -> int:
    if text in (b"both", b"unknown"):
        return BOTH if text == b"both" else 0
    if text not in (b"+", b"-", b".", b"*", b"F", b"R"):
        raise Wrong
    return {b"+": PLUS, b"F": PLUS, b"-": MINUS, b"R": MINUS}.get(text, 0)


def context(text: bytes, middle: int) -> int:
    if text.lower() in (b".", b"na", b"nan") or text in (b"-", b"--", b"unknown", b"mixed"):
        return 0
    if len(text) == 4 and text.endswith(b"x"):
        text = text[:3]
    if len(text) == 3 and text[1:2] == b"p":
        if text != b"CpG":
            raise Wrong
        return CPG
    word = text.decode("latin-1").upper()
    own = middle < 0
    if own:
        middle = len(word) // 2
        if len(word) % 2 == 0:
            raise Wrong
    if not word.isascii() or not len(word) >= 2 or len(word) <= middle or {*word} - {*BASES}:
        raise Wrong
    following = [{*BASES[letter]} for letter in word[middle + 1 :]]
    if word[middle] == "G" and middle and not own:
        before = word[:middle][::-1]
        following = [{PAIRS[base] for base in BASES[letter]} for letter in before]
    elif word[middle] != "C":
        raise Wrong
    for bases, kind in zip(following, (CPG, CHG), strict=False):
        if bases == {"G"}:
            return kind
        if "G" in bases:
            return 0
    return CHH if len(following) > 1 else 0


def reads_of(level: float | None, n: int, form: Format, ways: list[Rounding]) -> tuple[int, bool]:
    """The number of reads of a level, and whether it is inexact; ways that do not fit are gone."""
    if level is None:
        raise Wrong
    share = level * n / form.scale
    found: list[tuple[int, list[int]]] = []
    for way in ways[:]:
        room = way.unit * n / form.scale
        slack = 1e-9 + n * 1e-14 + 1e-9 * room
        near = range(max(0, int(share - 2 * room) - 2), min(n, int(share + 2 * room) + 2) + 1)
        if way.cut:
            fitting = [
                k for k in near
                if (k >= share - slack and k < share + 2 * room - slack)
                or math.floor(form.scale * (k / n)) == level
            ]  # fmt: skip
            best = share + room
        else:
            fitting = [k for k in near if abs(k - share) <= room + slack]
            best = share
        if way.step and abs(level / way.step - round(level / way.step)) * way.step > 1e-9:
            fitting = []
        if not fitting:
            ways.remove(way)
        else:
            found.append((min(max(round(best), fitting[0]), fitting[-1]), fitting))
    if not found:
        raise Wrong
    return found[0][0], len({k for best, fitting in found for k in [best, *fitting]}) > 1


def counts(form: Format, row: dict[str, bytes], ways: list[Rounding]) -> tuple[int, int, bool]:
    """The reads of a row without those of other modifications, and whether they are inexact."""
    given = [row[role] for role in ("c", "t", "n", "level", "total") if role in row]
    if form.missing and all(text.lower() in (b"", b".", b"na", b"nan") for text in given):
        return 0, 0, False
    if "ratio" in row:
        text = row["ratio"]
        if len(text) > 2 and text[:1] in (b"'", b'"') and text[-1:] == text[:1]:
            text = text[1:-1]
        parts = text.split(b"/")
        if len(parts) != 2:
            raise Wrong
        c, n = integer(parts[0]), integer(parts[1])
    elif {"c", "t"} <= {*row}:
        c = integer(row["c"])
        n = c + integer(row["t"])
    elif "level" in row:
        n = integer(row["n"])
        level = number(row["level"], form.scale)
        if n == 0 and "rest" in row:
            number(row["rest"], form.scale)
        if n == 0:
            return 0, 0, False
        c, inexact = reads_of(level, n, form, ways)
        if "rest" not in row:
            return c, n - c, inexact
        rest = number(row["rest"], form.scale)
        t, unsure = reads_of(rest, n, form, ways)
        if inexact or unsure:
            t = min(t, n - c)
        both, slack = (level or 0) + (rest or 0), 2 * form.unit + 1e-9 * form.scale
        if not 0.9 * form.scale - slack <= both <= form.scale + slack or c + t > n:
            raise Wrong
        return c, t, inexact or unsure
    else:
        n = integer(row["n"])
        c = integer(row["c"]) if "c" in row else n - integer(row["t"])
    if not 0 <= c <= n:
        raise Wrong
    return c, n - c, False


def fields_of(line: bytes, form: Format) -> list[bytes]:
    if form.colons:
        line = line.replace(b":", b"\t")
    if form.tabs:
        return line.split(b"\t")
    return re.findall(rb"[^\t ]+", line)


def is_name(raw: bytes) -> bool:
    """Whether some bytes can name a chromosome."""
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        return False
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        return False
    odd = any(letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf") for letter in name)
    return 0 < len(raw) <= 4096 and not odd


def read(form: Format, rules: RowRules, text: bytes) -> Answer:
    """What a text of rows without a header means."""
    answer = Answer()
    in_order, seen, last = True, set[bytes](), (b"", 0)
    site: tuple[Any, ...] = ()
    n_wanted = n_kept = 0
    ways = list(form.roundings or (Rounding("", form.unit),))
    lines = text.split(b"\n")
    for k, line in enumerate(lines[:-1] if not lines[-1] else lines, 1):
        line = line.removesuffix(b"\r")
        if not line.strip(b"\t ") or line.lstrip(b"\t ").startswith(b"#"):
            continue
        try:
            fields = fields_of(line, form)
            extra = len(fields) - len(form.columns)
            if -extra > form.optional or (extra > 0 and not form.more):
                raise Wrong
            row = dict(zip(form.columns, fields, strict=False))
            pos = integer(row["pos"], LAST - 1 + form.base)
            if pos < form.base:
                raise Wrong
            kind = form.context | (BOTH if form.merged == "yes" else 0)
            if "end" in row:
                length = integer(row["end"], LAST) - pos
                if length < 0 or (form.lengths and length not in form.lengths):
                    raise Wrong
            if "strand" in row:
                kind |= strand(row["strand"])
                if not strand(row["strand"]) and form.merged == "dot":
                    kind |= BOTH
            if "base" in row:
                if row["base"] not in (b"C", b"G", b"c", b"g"):
                    raise Wrong
                kind |= PLUS if row["base"] in b"Cc" else MINUS
            if "context" in row:
                kind |= context(row["context"], form.middle)
            c, t, inexact = counts(form, row, ways)
            other = integer(row["other"]) if "other" in row else 0
            empty = form.missing and c + t + other == 0
            if empty and row.get("total", b"0").lower() in (b"", b".", b"na", b"nan"):
                row["total"] = b"0"
            if "total" in row and integer(row["total"]) < c + t + other:
                raise Wrong
            if "sum" in row and integer(row["sum"]) != c + t + other:
                raise Wrong
            disagrees = False
            if "pct" in row:
                pct, n = number(row["pct"], form.scale), c + t + other
                if pct is None and n:
                    raise Wrong
                if pct is not None and n and rules.pct_check != "off":
                    tolerance = rules.pct_tolerance + 100 * form.unit / form.scale
                    away = abs(pct * (100 / form.scale) * n - 100 * c)
                    disagrees = away > (tolerance + 1e-9) * n
                    if disagrees and rules.pct_check == "error":
                        raise Wrong
            chrom = row["chr"]
            if not is_name(chrom):
                raise Wrong
            code = CODES.get(row.get("code", b"").split(b",")[0], "")
            kept = all(fields[k] in [text.encode() for text in texts] for k, texts in form.only)
            n_kept += kept
            wanted = kept and ("code" not in row or code in WANTED[rules.modification])
            n_wanted += wanted
            if rules.modification == "any":
                c += other
            else:
                t += other
            if max(c, t) > LARGEST:
                raise Wrong
            answer.n_rows += 1
            answer.n_disagree += disagrees
            if not rules.wanted(chrom.decode()):
                answer.n_dropped_chroms += 1
                site = (chrom, pos, (c, t), {code}) if wanted else site
                continue
            if not wanted:
                answer.n_dropped_modifications += 1
                continue
            has_context = "context" in row or form.context
            if rules.contexts and has_context and not kind & rules.contexts:
                answer.n_dropped_contexts += 1
                continue
            if inexact and not rules.inexact:
                raise Wrong
            pos += 1 - form.base
            repeats = bool(site) and site[:2] == (chrom, pos) and code not in site[3]
            if "code" in row and rules.modification == "any" and repeats:
                if site[2] != (c, t):
                    raise Wrong
                site[3].add(code)
                answer.n_dropped_modifications += 1
                continue
            keep(answer, rules, (chrom, pos, c, t, kind), in_order, last, inexact)
        except Wrong:
            raise Refused(k) from None
        if "code" in row:
            site = (chrom, pos, (c, t), {code})
        if rules.drop_uncovered and c + t == 0:
            continue
        if (chrom, pos) == last and in_order:
            continue
        if (chrom == last[0] and pos <= last[1]) or (chrom != last[0] and chrom in seen):
            in_order = False
        seen.add(chrom)
        last = chrom, pos
    if answer.n_rows and not n_kept:
        raise Refused(0)
    if answer.n_rows and "code" in form.columns and not n_wanted:
        raise Refused(0)
    return answer


def keep(
    answer: Answer,
    rules: RowRules,
    row: tuple[bytes, int, int, int, int],
    in_order: bool,
    last: tuple[bytes, int],
    inexact: bool,
) -> None:
    """Put a row to the others, or count why not."""
    chrom, pos, c, t, kind = row
    answer.n_inexact += inexact
    if rules.drop_uncovered and c + t == 0:
        answer.n_dropped_uncovered += 1
    elif (chrom, pos) == last and in_order:
        if rules.duplicates == "error":
            raise Wrong
        if rules.duplicates == "first":
            answer.n_dropped_duplicates += 1
            return
        _, _, old_c, old_t, old_kind = answer.rows[-1]
        if max(old_c + c, old_t + t) > LARGEST:
            raise Wrong
        answer.rows[-1] = chrom, pos, old_c + c, old_t + t, old_kind | kind
        answer.n_summed_duplicates += 1
    else:
        answer.rows.append(row)
        answer.n_merged_rows += kind & BOTH == BOTH
        answer.n_reverse += kind & BOTH == MINUS and bool(kind & CPG or not kind & (CHG | CHH))
