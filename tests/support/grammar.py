"""Random files of methylation calls, right and wrong, drawn by a grammar.

All randomness comes from a `random.Random`, so that hypothesis, a trial and the fuzzer can drive
it alike. About half of the files are right. Values gather where rules change: at the limits of
positions and counts, at the tolerance of percentages, at the lengths that kernels read in a step.
"""

import random
from collections.abc import Sequence
from typing import Any

from cohorts import BGZF_END, compress

LIMITS = (1, 9, 10, 99, 255, 256, 9999, 10_000, 65_535, 65_536, 99_999_999, 100_000_000)
POSITIONS = (*LIMITS, 2**31 - 2, 2**31 - 1)
COUNTS = (0, *LIMITS, 655_35, 2**31, 2**32 - 2, 2**32 - 1)
NAMES = (
    "chr1", "chr2", "chr10", "1", "c", "X", "chrUn_KI270706v1_random", "12345678", "123456789",
    "ü", "染色体", "chr1.", "NA", "chr", "\U0001f9ec", "a/b", "..", "-1", "$(x)", "{w}", "'", '"',
)  # fmt: skip
ODD = (
    "", "-", "-0", "+1", "-1", "NA", "nan", "NaN", ".", "..", "inf", "-inf", "1e3", "1e400", "0x10",
    "1e+05", "1.5e+07", "1.5e+06",
    "1_0", "1,0", "5.", ".5", "00", "007", "0.0", "100", "100.", "100.0001", "100.00000000000001",
    "1" * 19, "9" * 20, "9" * 60, "0" * 30 + "1", "2147483647", "2147483648", "4294967295",
    "4294967296", "9223372036854775808", "18446744073709551616", "0." + "3" * 30, "٣", "50%",
    "\x00", "1\x00", "5\r", "#", "\xa0", "\u2028", "\x0b", "\x0c", "\x1f", "\x7f", "x",
)  # fmt: skip
HEADERS = (
    "chr\tpos\tpct\tc\tt", "chrom pos pct c t", '"chr"\t"pos"\t"pct"\t"c"\t"t"', "a _ % b c",
    "chr\tpos\tpct\tt\tc", "chr pos end pct c t", "chr\tNA\tnan\tc\tt", "x NAN x x x",
    "C POS T PCT CHR",
)  # fmt: skip
FILLERS = ("", " ", "\t \t", "#", "# a comment", "\t#x\t1\t2", "#\x00", "#\r", "\r", "  \r", "#ü")
BYTES = b" \t\n\r#.,-+0129aNeEx\"'_%\x00\x01\x0b\x7f\x80\xbf\xc3\xe2\xff/:"


def draw_config(rng: random.Random) -> dict[str, Any]:
    """The part of a configuration that decides what becomes of rows."""
    config: dict[str, Any] = {}
    if rng.random() < 0.6:
        config["duplicates"] = rng.choice(["sum", "first"])
    if rng.random() < 0.5:
        config["uncovered"] = "keep"
    if rng.random() < 0.4:
        config["pct_check"] = rng.choice(["off", "warn"])
    if rng.random() < 0.3:
        config["pct_tolerance"] = rng.choice([0, 0.001, 5, 100])
    if rng.random() < 0.3:
        config["layers"] = ["c", "t"]
    if rng.random() < 0.3:
        key = rng.choice(["include", "exclude"])
        config["chroms"] = {key: rng.choice([["chr*"], ["chr1", "X"], ["?"], ["*[0-9]"]])}
    return config


def draw_text(rng: random.Random) -> bytes:
    """A whole file of up to about thirty lines, before compression."""
    lines: list[bytes] = []
    wrong = rng.choice([0, 0, 0, 0.02, 0.1])
    filler = rng.choice([0, 0, 0.1, 0.4])
    eol = rng.choice([b"\n", b"\n", b"\n", b"\r\n", b"mixed", b"\r"][: rng.choice([4, 4, 5, 6])])
    gaps = rng.choice([["\t"], ["\t"], [" "], ["\t", " "], ["  ", "\t \t", "\t"]])
    while rng.random() < filler:
        lines.append(rng.choice(FILLERS).encode())
    if rng.random() < 0.25:
        lines.append(rng.choice(HEADERS[: rng.choice([4, len(HEADERS)])]).encode())
    lines += [
        _line(rng, row, gaps, wrong) if rng.random() >= filler else rng.choice(FILLERS).encode()
        for row in _rows(rng)
    ]
    ends = [rng.choice([b"\n", b"\r\n"]) if eol == b"mixed" else eol for _ in lines]
    text = b"".join(line + end for line, end in zip(lines, ends, strict=True))
    if rng.random() < 0.2:
        text = text.removesuffix(b"\n").removesuffix(b"\r" * rng.randrange(2))
    if rng.random() < 0.1:
        text = b"\xef\xbb\xbf" + text
    for _ in range(rng.choice([0, 0, 0, 0, 1, 3])):
        text = mutate(rng, text)
    return text


def _rows(rng: random.Random) -> list[tuple[str, int, str, int, int]]:
    """Good rows: mostly in order, some repeated, some out of order, chromosomes in pieces."""
    names = rng.sample(NAMES, rng.choice([1, 1, 2, 3]))
    disorder = rng.choice([0, 0, 0.1, 0.5])
    step = rng.choice([1, 30, 10_000_000])
    large = rng.choice([0, 0, 0.2])
    rows = []
    for name in names if rng.random() < 0.8 else names * 2:
        pos = rng.choice([1, 1, rng.choice(POSITIONS)])
        for _ in range(rng.choice([1, 2, 5, 12])):
            c, t = (
                rng.choice(COUNTS) if rng.random() < large else rng.choice([0, 0, 1, 3, 20, 254])
                for _ in "ct"
            )
            rows.append((name, min(pos, 2**31 - 1), _percentage(rng, c, t), c, t))
            pos += rng.choice([0, -step]) if rng.random() < disorder else rng.randint(1, step)
            pos = max(1, pos)
    return rows


def _percentage(rng: random.Random, c: int, t: int) -> str:
    if c + t == 0:
        return rng.choice(["NA", "NaN", "nan", "na", "nA", ".", "0", "12.5", "100", "00.", ".0"])
    level = 100 * c / (c + t)
    if rng.random() < 0.05:
        level += rng.choice([-1, 1]) * rng.choice([1, 0.001, 5, 1.0000001, 0.9999999])
        level = min(100.0, max(0.0, level))
    places = rng.choice([0, 1, 2, 4, 6, 8, 12, 13, 14, 15, 20, 40])
    if places == 0 and abs(round(level) - level) > 0.4 and rng.random() < 0.9:
        places = 1
    return (
        rng.choice(["", "", "", "0", "00"])
        + f"{level:.{places}f}"
        + "." * (places == 0 and rng.random() < 0.2)
    )


def _line(rng: random.Random, row: Sequence[Any], gaps: Sequence[str], wrong: float) -> bytes:
    fields = [str(field) for field in row]
    if rng.random() < 0.03:
        k = rng.choice([1, 3, 4])
        fields[k] = "0" * rng.choice([1, 7, 20]) + fields[k]
    if rng.random() < wrong:
        k = rng.randrange(6)
        if k < 5:
            fields[k] = rng.choice(ODD)
        else:
            fields = rng.choice([fields[:4], [*fields, "9"], fields[:1], fields[1:], [*fields, ""]])
    line = rng.choice(gaps).join(fields)
    if rng.random() < 0.05:
        line = rng.choice([" ", "\t", " \t "]) + line
    if rng.random() < 0.05:
        line += rng.choice([" ", "\t", " \t ", "\r"])
    return line.encode("utf-8", "surrogatepass")


def mutate(rng: random.Random, text: bytes) -> bytes:
    """The text with one small change of bytes, fields or lines."""
    lines = text.split(b"\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    at = rng.randrange(len(text) + 1)
    byte = bytes([rng.choice(BYTES)])
    match rng.randrange(10):
        case 0:
            return text[:at] + byte + text[at + 1 :]
        case 1:
            return text[:at] + byte * rng.choice([1, 1, 1, 8, 70]) + text[at:]
        case 2:
            return text[:at] + text[at + rng.choice([1, 1, 4, 30]) :]
        case 3:
            lines.insert(j, lines[i])
        case 4:
            lines[i], lines[j] = lines[j], lines[i]
        case 5:
            del lines[i]
        case 6:
            return text[:at]
        case 7 | 8:
            fields = lines[i].split(b"\t")
            odd = rng.choice(ODD) if rng.random() < 0.5 else str(rng.choice(COUNTS))
            fields[rng.randrange(len(fields))] = odd.encode()
            lines[i] = b"\t".join(fields)
        case _:
            lines.insert(i, rng.choice((*FILLERS, *HEADERS)).encode())
    return b"\n".join(lines)


def pack(text: bytes, kind: str, size: int) -> bytes:
    """The text plain, as one gzip member, as several, or as bgzip; `size` bytes a member."""
    if kind in ("none", "gzip") or not text:
        return compress(text, "none" if kind == "none" else "gzip")
    parts = [text[i : i + size] for i in range(0, len(text), size)]
    if kind == "bgzip":
        whole = [compress(part, "bgzip").removesuffix(BGZF_END) for part in parts]
        return b"".join([*whole, BGZF_END])
    return b"".join(compress(part, "gzip") for part in parts)
