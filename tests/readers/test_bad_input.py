"""Each way of being wrong: one clear message with file and line, and nothing left behind."""

import gzip
import os
import re
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import oracle
import pytest
from cohorts import BGZF_END, Cohort, assert_store_equals, compress, make_cohort, write_sheet
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from mutations import mutated
from processes import assert_nothing_new_in_shared_memory, shared_memory_entries

import methcohort
from methcohort.core.errors import BudgetError, ConfigError, InputError, MethcohortError

GOOD = b"chr1\t5\t50\t1\t1\n"
ROW = {"chr": "chr1", "pos": "77", "pct": "50", "c": "1", "t": "1"}
SMALL_BUILD = {"workers": 0}
pytestmark = pytest.mark.filterwarnings("ignore")


def fails(
    sheet: Path, error: type[Exception] = InputError, *, target: Path | None = None, **options: Any
) -> str:
    """Build, expect an error and nothing left behind; return its message."""
    folder = sheet.parent
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    files, shared = sorted(folder.rglob("*")), shared_memory_entries()
    with pytest.raises(error) as caught:
        methcohort.build(
            sheet, target or folder / "store.h5", scratch=scratch, **SMALL_BUILD | options
        )
    assert sorted(folder.rglob("*")) == files
    assert_nothing_new_in_shared_memory(shared)
    message = str(caught.value)
    assert "Traceback" not in message
    return message


def one_file(folder: Path, content: bytes, name: str = "bad.txt") -> tuple[Path, Path]:
    """A good sample and the one in question; their sheet."""
    (folder / "good.txt").write_bytes(GOOD)
    bad = folder / name
    bad.write_bytes(content)
    lines = [["good", str(folder / "good.txt"), "one"], ["bad", str(bad), "one"]]
    return bad, write_sheet(folder / "samples.tsv", lines)


def row(**fields: str) -> bytes:
    """Two good rows, then one with other fields."""
    return GOOD + GOOD.replace(b"5", b"6", 1) + "\t".join((ROW | fields).values()).encode() + b"\n"


LINES: dict[str, tuple[bytes, int, str]] = {
    "four_columns": (GOOD + b"chr1\t7\t50\t1\n", 2, "5|five"),
    "six_columns": (GOOD + b"chr1\t7\t50\t1\t1\t9\n", 2, "5|five"),
    "one_column": (GOOD + b"chr1\n", 2, "5|five"),
    "commas": (GOOD + b"chr1,6,50,1,1\n", 2, "not by commas"),
    "pos_zero": (row(pos="0"), 3, "0"),
    "pos_zeros": (row(pos="0000"), 3, "0000"),
    "pos_negative": (row(pos="-5"), 3, "-5"),
    "pos_plus": (row(pos="+5"), 3, r"\+5"),
    "pos_2_31": (row(pos="2147483648"), 3, "2147483648"),
    "pos_2_32_plus": (row(pos=str(2**32 + 5)), 3, str(2**32 + 5)),
    "pos_2_63": (row(pos=str(2**63)), 3, str(2**63)),
    "pos_2_64_plus": (row(pos=str(2**64 + 5)), 3, str(2**64 + 5)),
    "pos_60_digits": (row(pos="1" * 60), 3, "1111"),
    "pos_letters": (row(pos="abc"), 3, "abc"),
    "pos_float": (row(pos="5.0"), 3, "5.0"),
    "pos_exponent": (row(pos="1e3"), 3, r"1e3.*options\(scipen = 999\).*as.integer"),
    "pos_exponent_longer": (row(pos="1.23e+05"), 3, r"1.23e\+05.*options\(scipen = 999\)"),
    "pos_exponent_not_whole": (row(pos="1.23456e+03"), 3, r"1.23456e\+03.*options\(scipen"),
    "pos_exponent_large": (row(pos="1E+05"), 3, r"1E\+05.*options\(scipen = 999\)"),
    "pos_exponent_too_large": (row(pos="3e+09"), 3, r"3e\+09"),
    "t_exponent_cut": (row(t="1e+0"), 3, r"1e\+0"),
    "t_exponent_behind": (row(t="1e+05x"), 3, r"1e\+05x"),
    "pos_hex": (row(pos="0x10"), 3, "0x10"),
    "pos_underscore": (row(pos="1_000"), 3, "1_000"),
    "pos_comma": (row(pos="1,000"), 3, "1,000"),
    "pos_arabic_digit": (row(pos="٣"), 3, ""),
    "pos_missing_value": (row(pos="NA"), 3, "NA"),
    "c_negative": (row(c="-1"), 3, "-1"),
    "c_plus": (row(c="+1"), 3, r"\+1"),
    "c_float": (row(c="1.0"), 3, r"1.0.*write no decimals: use as.integer in R, or astype\(int\)"),
    "c_2_32": (row(c=str(2**32)), 3, str(2**32)),
    "c_2_64": (row(c=str(2**64)), 3, str(2**64)),
    "c_2_64_plus": (row(c=str(2**64 + 1)), 3, str(2**64 + 1)),
    "c_missing_value": (row(c="NA"), 3, "NA"),
    "c_2_63": (row(c=str(2**63)), 3, str(2**63)),
    "c_hex": (row(c="0x1"), 3, "0x1"),
    "c_inf": (row(c="inf"), 3, "inf"),
    "c_1e400": (row(c="1e400"), 3, "1e400"),
    "c_dash": (row(c="-"), 3, "-"),
    "c_empty": (row(c=""), 3, "5|five"),
    "t_negative": (row(t="-1"), 3, "-1"),
    "t_plus": (row(t="+1"), 3, r"\+1"),
    "t_2_31_minus": (row(t=f"-{2**31}"), 3, str(2**31)),
    "t_2_32": (row(t=str(2**32)), 3, str(2**32)),
    "t_2_64_plus": (row(t=str(2**64 + 1)), 3, str(2**64 + 1)),
    "t_letters": (row(t="1x"), 3, "1x"),
    "t_quote": (row(t='"1"'), 3, '"1".*without quotes'),
    "pct_negative": (row(pct="-1"), 3, "-1"),
    "pct_negative_zero": (row(pct="-0"), 3, "-0"),
    "pct_plus": (row(pct="+50"), 3, r"\+50"),
    "pct_dash": (row(pct="-"), 3, "-"),
    "pct_empty": (row(pct=""), 3, "5|five"),
    "pct_minus_inf": (row(pct="-inf"), 3, "-inf"),
    "pct_above": (row(pct="100.0001", t="0"), 3, "100.0001"),
    "pct_101": (row(pct="101", t="0"), 3, "101"),
    "pct_exponent": (row(pct="5e1"), 3, "5e1"),
    "pct_1e400": (row(pct="1e400"), 3, "1e400"),
    "pct_400_digits": (row(pct="9" * 400), 3, "999"),
    "pct_inf": (row(pct="inf"), 3, "inf"),
    "pct_na": (row(pct="NA"), 3, "NA"),
    "pct_nan": (row(pct="NaN"), 3, "NaN"),
    "pct_point": (row(pct="."), 3, r"\."),
    "pct_two_points": (row(pct="5.0.0"), 3, "5.0.0"),
    "pct_sign_of_percent": (row(pct="50%"), 3, "50%"),
    "pct_comma": (row(pct="50,0"), 3, "50,0.*decimal comma"),
    "c_thousands": (row(c="1,000"), 3, "1,000.*between thousands"),
    "pct_hex": (row(pct="0x32"), 3, "0x32"),
    "pct_uncovered_bad": (row(pct="-", c="0", t="0"), 3, "-"),
    "pct_uncovered_above": (row(pct="100.5", c="0", t="0"), 3, "100.5"),
    "pct_disagrees": (row(pct="80"), 3, "80"),
    "pct_is_a_fraction": (row(pct="0.5"), 3, "0.5"),
    "pct_just_outside": (row(pct="51.001"), 3, "51.001"),
    "duplicate_next": (GOOD + GOOD, 2, "chr1"),
    "duplicate_unsorted": (row(pos="99") + row(pos="98"), 4, "chr1"),
    "duplicate_far": (row() + b"chr2\t1\t50\t1\t1\n" * 1 + b"chr1\t6\t0\t0\t3\n", 5, "6"),
    "duplicate_before_fault": (GOOD + GOOD + b"chr1\tx\t50\t1\t1\n", 2, "chr1"),
    "unsorted_duplicate_before_fault": (
        row(pos="99") + row(pos="98") + b"chr1\tx\t50\t1\t1\n", 4, "chr1"),
    "unsorted_fault_before_duplicate": (
        row(pos="99") + b"chr1\t1\t50\t1\t1\nchr1\tx\t50\t1\t1\n" + GOOD, 5, "x"),
    "fault_before_duplicate": (GOOD + b"chr1\tx\t50\t1\t1\n" + GOOD, 2, "x"),
    "header_other_order": (b"chr\tpos\tpct\tt\tc\n" + GOOD, 1, "chr.*pos.*pct.*c.*t"),
    "header_late": (GOOD + b"chr\tpos\tpct\tc\tt\n", 2, "pos"),
    "header_twice": (b"chr\tpos\tpct\tc\tt\n" * 2 + GOOD, 2, "pos"),
    "header_six_columns": (b"chr\tpos\tend\tpct\tc\tt\n" + GOOD, 1, "5|five"),
    "header_of_missing_values": (b"chr1\tNA\tNA\tNA\tNA\n" + GOOD, 1, "NA"),
    "nul_in_name": (GOOD + b"ch\x00r1\t7\t50\t1\t1\n", 2, ""),
    "nul_line": (GOOD + b"\x00\x00\x00\n", 2, ""),
    "control_in_name": (GOOD + b"ch\x07r1\t7\t50\t1\t1\n", 2, ""),
    "carriage_return_inside": (GOOD + b"ch\rr1\t7\t50\t1\t1\n", 2, ""),
    "not_utf8": (GOOD + b"chr\xff\t7\t50\t1\t1\n", 2, ""),
    "not_utf8_surrogate": (GOOD + b"chr\xed\xa0\x80\t7\t50\t1\t1\n", 2, ""),
    "not_utf8_overlong": (GOOD + b"chr\xc0\xaf\t7\t50\t1\t1\n", 2, ""),
    "not_utf8_cut": (GOOD + b"chr\xe2\x82\t7\t50\t1\t1\n", 2, ""),
    "utf16": (GOOD.decode().encode("utf-16"), 1, ""),
    "vertical_tab": (GOOD + b"chr1\x0b7\t50\t1\t1\n", 2, "5|five"),
    "zip_archive": (b"PK\x03\x04" + bytes(range(256)) * 20, 1, ""),
    "hdf5_file": (b"\x89HDF\r\n\x1a\n" + bytes(2000), 1, ""),
    "long_line": (GOOD + b"c" * (2**20 + 100) + b"\t7\t50\t1\t1\n", 2, ""),
    "long_line_no_end": (GOOD + b"c" * (3 * 2**20), 2, ""),
    "long_comment": (GOOD + b"#" * (2**20 + 100) + b"\n", 2, ""),
    "line_of_10_mb_of_blanks": (GOOD + b" " * 10_000_000 + b"\n", 2, ""),
    "after_comments_and_blanks": (b"#a\n\n \t\n#b\r\n\r\n" + GOOD + b"chr1\n", 7, "5|five"),
    "last_line_without_newline": (GOOD + b"chr1\t7\t50\t1\t-1", 2, "-1"),
    "crlf": (row(pos="x").replace(b"\n", b"\r\n"), 3, "x"),
    "bom": (b"\xef\xbb\xbf" + row(pos="x"), 3, "x"),
    "bom_twice_is_a_name": (b"\xef\xbb\xbf" + GOOD + b"\xef\xbb\xbfchr1\tx\t5\t1\t1\n", 2, "x"),
    "deep": (b"".join(b"c\t%d\t50\t1\t1\n" % i for i in range(1, 300_001)) + b"c\tx\t0\t1\t1\n",
             300_001, "x"),
    "deep_duplicate": (b"".join(b"c\t%d\t50\t1\t1\n" % i for i in range(1, 200_001))
                       + b"#\n\nc\t150000\t50\t1\t1\n", 200_003, "150000"),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_bad_line(tmp_path: Path, name: str, *, packed: bool) -> None:
    """The message begins with path and line, and shows what was found."""
    content, line, words = LINES[name]
    data = gzip.compress(content, 1) if packed else content
    bad, sheet = one_file(tmp_path, data, "bad.txt.gz" if packed else "bad.txt")
    with pytest.raises(oracle.OracleFault) as fault:
        oracle.read_text(bad)
    assert fault.value.line == line
    message = fails(sheet)
    start = f"{bad}, line {line}: "
    assert start in message
    assert re.search(words, message.split(start)[1]), message
    assert "good.txt" not in message
    assert len(message) < 2000
    assert message.isprintable() or "\n" in message


@pytest.mark.parametrize(
    ("name", "config", "line"),
    [
        ("excluded_rows_are_checked", {"chroms": {"exclude": ["chr1"]}}, 3),
        ("pct_checked_without_its_layer", {"layers": ["c", "t"]}, 3),
        ("first", {"duplicates": "first"}, 3),
        ("sum", {"duplicates": "sum"}, 3),
        ("unchecked_is_not_unlimited", {"pct_check": "off"}, None),
    ],
)
def test_bad_line_under_options(
    tmp_path: Path, name: str, config: dict[str, Any], line: int | None
) -> None:
    """No option lets a wrong value in."""
    bad, sheet = one_file(tmp_path, row(pct="80"))
    if line is None:
        methcohort.build(sheet, tmp_path / "store.h5", config=config, **SMALL_BUILD)
        (tmp_path / "store.h5").unlink()
        bad.write_bytes(row(pct="180"))
    assert f"{bad}, line 3: " in fails(sheet, config=config), name


@pytest.mark.parametrize("uncovered", ["drop", "keep"])
def test_uncovered_rows_given_twice(tmp_path: Path, uncovered: str) -> None:
    """Uncovered rows are dropped before repeated positions are looked for, or are a fault."""
    bad, sheet = one_file(tmp_path, GOOD + b"chr1\t5\t.\t0\t0\n")
    config = {"uncovered": uncovered}
    if uncovered == "keep":
        assert f"{bad}, line 2: " in fails(sheet, config=config)
    else:
        methcohort.build(sheet, tmp_path / "store.h5", config=config, **SMALL_BUILD)


@pytest.mark.parametrize("column", ["c", "t"])
@pytest.mark.parametrize("unsorted", [False, True])
def test_sum_too_large(tmp_path: Path, column: str, *, unsorted: bool) -> None:
    """A sum that does not fit 32 bits is an error of its line, never a smaller number."""
    fields = {"pct": "100", "t": "0"} if column == "c" else {"pct": "0", "c": "0"}
    high = row(**fields | {column: str(2**31)})
    between = b"chr1\t1\t50\t1\t1\n" if unsorted else b""
    again = high.splitlines(keepends=True)[-1]
    bad, sheet = one_file(tmp_path, high + between + again + b"chr2\t1\t50\t1\t1\n")
    message = fails(sheet, config={"duplicates": "sum"})
    assert f"{bad}, line {5 if unsorted else 4}: " in message
    assert "4294967295" in message


@pytest.mark.parametrize(
    "content",
    [b"", gzip.compress(b"", mtime=0), gzip.compress(b"", mtime=0) * 3, BGZF_END, b"\xef\xbb\xbf"],
    ids=["plain", "gzip", "members", "bgzip", "mark"],
)
def test_empty_file(tmp_path: Path, content: bytes) -> None:
    """F23: a file of no text is a mistake, not a sample without sites, however it is packed."""
    bad, sheet = one_file(tmp_path, content)
    message = fails(sheet)
    assert str(bad) in message
    assert "empty" in message


PACKED = gzip.compress(b"".join(b"c\t%d\t50\t1\t1\n" % i for i in range(1, 50_000)), 1)
GZIP_FAULTS: dict[str, bytes] = {
    "cut_in_the_middle": PACKED[: len(PACKED) // 2],
    "cut_in_the_trailer": PACKED[:-3],
    "cut_before_the_trailer": PACKED[:-8],
    "cut_in_the_header": PACKED[:7],
    "magic_only": PACKED[:2],
    "cut_in_the_second_member": PACKED + PACKED[:5],
    "cut_in_the_second_body": PACKED + PACKED[:-100],
    "wrong_crc": PACKED[:-8] + bytes([PACKED[-8] ^ 1]) + PACKED[-7:],
    "wrong_size": PACKED[:-4] + bytes([PACKED[-4] ^ 1]) + PACKED[-3:],
    "wrong_crc_of_first_member": PACKED[:-8] + bytes(4) + PACKED[-4:] + PACKED,
    "garbage_after": PACKED + b"garbage that is no gzip member",
    "one_byte_after": PACKED + b"x",
    "flipped_in_the_middle": PACKED[:2000] + bytes([PACKED[2000] ^ 16]) + PACKED[2001:],
    "bgzip_without_its_end": compress(gzip.decompress(PACKED), "bgzip")[:-28],
    "zeros_between_members": PACKED + bytes(5000) + PACKED,
    "zeros_for_a_member": PACKED + bytes(len(PACKED)) + PACKED,
    "unknown_method": PACKED[:2] + b"\x07" + PACKED[3:],
}


@pytest.mark.parametrize("name", GZIP_FAULTS)
def test_bad_gzip(tmp_path: Path, name: str) -> None:
    """Damage of a gzip file is never taken for its end."""
    bad, sheet = one_file(tmp_path, GZIP_FAULTS[name], "bad.txt.gz")
    message = fails(sheet)
    assert str(bad) in message
    assert "gzip" in message
    assert ": found" not in message


def test_gzip_within_gzip(tmp_path: Path) -> None:
    """Packed twice: the text is not text."""
    bad, sheet = one_file(tmp_path, gzip.compress(gzip.compress(GOOD)), "bad.txt.gz")
    assert str(bad) in fails(sheet)


def test_gzip_bomb_is_read_in_a_stream(tmp_path: Path) -> None:
    """A file that inflates four hundredfold is just a long file, or one long line."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = deflate.compress(b"#\n" * 1000) + b"".join(
        deflate.compress(b"#" * 1_000_000) for _ in range(100)
    )
    bad, sheet = one_file(tmp_path, packed + deflate.flush(), "bad.txt.gz")
    assert f"{bad}, line 1001: " in fails(sheet, memory="300MB")


def test_missing_files_are_all_listed_first(tmp_path: Path) -> None:
    """All missing files in one message, before any parsing."""
    bad, sheet = one_file(tmp_path, b"not a row\n")
    with sheet.open("a") as stream:
        stream.writelines(f"m{i}\t{tmp_path}/missing_{i}.txt\tone\n" for i in range(1, 8))
    message = fails(sheet)
    for i in range(1, 8):
        assert f"missing_{i}.txt" in message
    assert str(bad) not in message


def test_directory_as_input(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    sheet = write_sheet(tmp_path / "samples.tsv", [["a", str(folder), "one"]])
    assert str(folder) in fails(sheet)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_file(tmp_path: Path) -> None:
    bad, sheet = one_file(tmp_path, GOOD)
    bad.chmod(0)
    assert str(bad) in fails(sheet)


@pytest.mark.parametrize("workers", [0, 2])
def test_bad_files_are_reported_together(tmp_path: Path, workers: int) -> None:
    """The first fault of each bad file, in the order of the sheet; good files are not named."""
    made = make_cohort(tmp_path, [[("c", i, "50", 1, 1) for i in range(1, 2000)]] * 6)
    for i, line in ((1, 40), (2, 4), (4, 400)):
        lines = made.paths[i].read_bytes().splitlines(keepends=True)
        lines[line - 1] = b"c\tbad\t50\t1\t1\n"
        made.paths[i].write_bytes(b"".join(lines) + b"c\talso bad\n")
    message = fails(made.sheet, workers=workers)
    starts = [f"{made.paths[i]}, line {line}: " for i, line in ((1, 40), (2, 4), (4, 400))]
    places = [message.find(start) for start in starts]
    assert -1 not in places
    assert places == sorted(places)
    assert [message.count(str(path)) for path in made.paths] == [0, 1, 1, 0, 1, 0]


def test_more_than_twenty_bad_files(tmp_path: Path) -> None:
    """Twenty lines, then how many more there are."""
    made = make_cohort(tmp_path, [[("c", 5, "50", 1, "x")]] * 27)
    message = fails(made.sheet)
    assert message.count(", line 1: ") == 20
    assert re.search(r"\b7 more", message)
    assert str(made.paths[19]) in message
    assert str(made.paths[20]) not in message


@pytest.mark.parametrize("fault", ["bad row", "missing", "gzip", "sheet", "config"])
def test_command_reports_without_a_traceback(
    tmp_path: Path, run: Callable[..., Any], fault: str, no_leftovers: Path
) -> None:
    """One clear line on stderr, exit status 1, nothing beside the target."""
    bad, sheet = one_file(tmp_path, row(pos="-5") if fault == "bad row" else GOOD)
    options: list[str | Path] = []
    word = str(bad)
    if fault == "missing":
        bad.unlink()
    elif fault == "gzip":
        bad.write_bytes(PACKED[:-3])
    elif fault == "sheet":
        sheet.write_text("sample\tpath\n")
        word = "cohort"
    elif fault == "config":
        options, word = ["--config", "{min_sample: 3}"], "min_samples"
    target = tmp_path / "out" / "store.h5"
    target.parent.mkdir()
    done = run("build", "--samples", sheet, "--output", target, *options, "--scratch", no_leftovers)
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr + done.stdout
    errors = [line for line in done.stderr.splitlines() if line.startswith("methcohort: error: ")]
    assert len(errors) == 1, done.stderr
    assert word in errors[0]
    assert list(target.parent.iterdir()) == []


SHEETS: dict[str, tuple[str, str]] = {
    "no_path_column": ("sample\tcohort\na\tone\n", "path"),
    "no_sample_column": ("name\tpath\tcohort\na\t{0}\tone\n", "sample"),
    "no_cohort_column": ("sample\tpath\na\t{0}\n", "cohort"),
    "commas": ("sample,path,cohort\na,{0},one\n", "tab"),
    "empty": ("", ""),
    "header_only": ("sample\tpath\tcohort\n", ""),
    "short_row": ("sample\tpath\tcohort\na\t{0}\tone\nb\t{0}\n", "line 3"),
    "long_row": ("sample\tpath\tcohort\na\t{0}\tone\tmore\n", "line 2"),
    "empty_name": ("sample\tpath\tcohort\n\t{0}\tone\n", "line 2"),
    "empty_path": ("sample\tpath\tcohort\na\t\tone\n", "line 2"),
    "same_name_twice": (
        "sample\tpath\tcohort\na\t{0}\tone\nb\t{0}\tone\na\t{1}\tone\n",
        "line 4.*a",
    ),
    "same_column_twice": ("sample\tpath\tcohort\tx\tx\na\t{0}\tone\t1\t2\n", "x"),
    "unknown_format": ("sample\tpath\tcohort\tformat\na\t{0}\tone\tnosuch\n", "line 2.*nosuch"),
}


@pytest.mark.parametrize("name", SHEETS)
def test_bad_sheet(tmp_path: Path, name: str) -> None:
    """The sheet is named, with its line where one line is to blame."""
    content, words = SHEETS[name]
    good, other = tmp_path / "good.txt", tmp_path / "other.txt"
    good.write_bytes(GOOD)
    other.write_bytes(GOOD)
    sheet = tmp_path / "samples.tsv"
    sheet.write_text(content.format(good, other))
    message = fails(sheet, MethcohortError)
    assert str(sheet) in message
    assert re.search(words, message), message


def test_missing_sheet(tmp_path: Path) -> None:
    assert "nosheet.tsv" in fails(tmp_path / "nosheet.tsv", MethcohortError)


def test_sheet_that_is_not_text(tmp_path: Path) -> None:
    sheet = tmp_path / "samples.tsv"
    sheet.write_bytes(b"sample\tpath\tcohort\n\xff\xfe\x00\n")
    assert "samples.tsv" in fails(sheet, MethcohortError)


@pytest.mark.parametrize("cohort", [None, "three"])
def test_cohort_must_be_one_of_the_sheet(tmp_path: Path, cohort: str | None) -> None:
    """Several cohorts and none chosen, or one that is not there: the message lists them."""
    bad, sheet = one_file(tmp_path, GOOD)
    sheet.write_text(sheet.read_text().replace(f"{bad}\tone", f"{bad}\ttwo"))
    message = fails(sheet, MethcohortError, cohort=cohort)
    assert "one" in message
    assert "two" in message


CONFIGS: dict[str, tuple[Any, str]] = {
    "unknown_key": ({"min_sample": 3}, "min_sample.*min_samples"),
    "unknown_key_far": ({"qqqqq": 3}, "qqqqq"),
    "unknown_inner_key": ({"chroms": {"ordr": "file"}}, "ordr.*order"),
    "chroms_not_a_mapping": ({"chroms": ["chr1"]}, "chroms"),
    "include_not_a_list": ({"chroms": {"include": "chr1"}}, "include"),
    "include_of_numbers": ({"chroms": {"include": [1]}}, "include"),
    "order": ({"chroms": {"order": "random"}}, "random"),
    "sites": ({"sites": "unoin"}, "unoin"),
    "sites_number": ({"sites": 3}, "sites"),
    "min_samples_zero": ({"min_samples": 0}, "min_samples"),
    "min_samples_text": ({"min_samples": "two"}, "min_samples"),
    "min_samples_fraction": ({"min_samples": 1.5}, "min_samples"),
    "min_samples_true": ({"min_samples": True}, "min_samples"),
    "layers_one": ({"layers": ["c"]}, "layers"),
    "layers_without_counts": ({"layers": ["pct"]}, "layers"),
    "layers_empty": ({"layers": []}, "layers"),
    "layers_unknown": ({"layers": ["c", "t", "beta"]}, "beta|layers"),
    "duplicates": ({"duplicates": "maybe"}, "maybe"),
    "uncovered": ({"uncovered": "zero"}, "zero"),
    "pct_check": ({"pct_check": "yes"}, "yes|pct_check"),
    "pct_check_true": ({"pct_check": True}, "pct_check"),
    "pct_tolerance_negative": ({"pct_tolerance": -1}, "pct_tolerance"),
    "pct_tolerance_nan": ({"pct_tolerance": float("nan")}, "pct_tolerance"),
    "pct_tolerance_text": ({"pct_tolerance": "1.0%"}, "pct_tolerance"),
    "chunks_not_a_power": ({"chunks": [8, 1000]}, "chunks"),
    "chunks_too_small": ({"chunks": [8, 128]}, "chunks"),
    "chunks_too_large": ({"chunks": [8, 131072]}, "chunks"),
    "chunks_no_samples": ({"chunks": [0, 8192]}, "chunks"),
    "chunks_many_samples": ({"chunks": [65, 8192]}, "chunks"),
    "chunks_three": ({"chunks": [8, 8192, 1]}, "chunks"),
    "chunks_number": ({"chunks": 8192}, "chunks"),
    "deflate_level_ten": ({"deflate_level": 10}, "deflate_level"),
    "deflate_level_zero": ({"deflate_level": 0}, "deflate_level"),
    "assembly_number": ({"assembly": 38}, "assembly"),
    "threads_negative": ({"threads": -1}, "threads"),
    "memory_words": ({"memory": "4 parrots"}, "memory"),
    "memory_number": ({"memory": "lots"}, "memory"),
    "memory_unit_missing": ({"memory": "4"}, "memory"),
    "memory_zero": ({"memory": "0GB"}, "memory"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_bad_config(tmp_path: Path, name: str) -> None:
    """The key is named, what it holds, and what it may hold."""
    config, words = CONFIGS[name]
    _, sheet = one_file(tmp_path, GOOD)
    message = fails(sheet, MethcohortError, config=config)
    assert re.search(words, message), message


@pytest.mark.parametrize(
    "text",
    ["- a\n- b\n", "min_samples: [1\n", "just words\n", "min_samples: 2\nmin_sample: 3\n", "\t:"],
)
def test_bad_config_file(tmp_path: Path, text: str) -> None:
    """A config file that is not YAML mapping of known keys is named."""
    _, sheet = one_file(tmp_path, GOOD)
    config = tmp_path / "own.yaml"
    config.write_text(text)
    assert "own.yaml" in fails(sheet, ConfigError, config=config)


def test_missing_config_file(tmp_path: Path) -> None:
    _, sheet = one_file(tmp_path, GOOD)
    assert "noconfig.yaml" in fails(sheet, ConfigError, config=tmp_path / "noconfig.yaml")


def test_some_keys_are_enough(tmp_path: Path) -> None:
    """An empty config file, or none of the keys, means the defaults."""
    _, sheet = one_file(tmp_path, GOOD)
    for i, text in enumerate(["", "# nothing\n", "{}", "chroms: {}\n", "pct_check: off\n"]):
        config = tmp_path / f"{i}.yaml"
        config.write_text(text)
        methcohort.build(sheet, tmp_path / f"{i}.h5", config=config, **SMALL_BUILD)


BEDS: dict[str, tuple[str, int]] = {
    "two_columns": ("chr1\t1\t5\nchr1\t9\n", 2),
    "letters": ("chr1\tx\t5\n", 1),
    "negative": ("track x\nchr1\t-1\t5\n", 2),
    "backwards": ("chr1\t9\t5\n", 1),
    "too_far": (f"chr1\t9\t{2**31}\n", 1),
    "underscore": ("chr1\t1_0\t50\n", 1),
    "plus": ("chr1\t+1\t50\n", 1),
    "float": ("chr1\t1.0\t50\n", 1),
}


@pytest.mark.parametrize("name", BEDS)
def test_bad_bed(tmp_path: Path, name: str) -> None:
    """A faulty interval is named by file and line."""
    text, line = BEDS[name]
    _, sheet = one_file(tmp_path, GOOD)
    bed = tmp_path / "sites.bed"
    bed.write_text(text)
    assert f"{bed}, line {line}: " in fails(sheet, MethcohortError, config={"sites": str(bed)})


@pytest.mark.parametrize("name", ["cut_in_the_middle", "wrong_crc", "flipped_in_the_middle"])
def test_damaged_bed(tmp_path: Path, name: str) -> None:
    """A damaged gzip BED file is named."""
    _, sheet = one_file(tmp_path, GOOD)
    bed = tmp_path / "sites.bed.gz"
    bed.write_bytes(GZIP_FAULTS[name])
    assert "sites.bed.gz" in fails(sheet, MethcohortError, config={"sites": str(bed)})


def test_missing_bed(tmp_path: Path) -> None:
    _, sheet = one_file(tmp_path, GOOD)
    assert "nosites.bed" in fails(sheet, MethcohortError, config={"sites": "nosites.bed"})


def test_target_that_cannot_be(tmp_path: Path) -> None:
    """A missing folder, a folder as target and a file as folder are said before any work."""
    _, sheet = one_file(tmp_path, GOOD)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").write_text("kept")
    (tmp_path / "file").write_text("kept")
    for target, word in (
        ("no/where/store.h5", "no/where"),
        ("folder", "folder"),
        ("file/x", "file"),
    ):
        assert f"{tmp_path}/{word}" in fails(sheet, MethcohortError, target=tmp_path / target)
    assert (tmp_path / "folder" / "inside").read_text() == "kept"
    assert (tmp_path / "file").read_text() == "kept"


def test_budget_too_small(tmp_path: Path) -> None:
    """A budget that cannot do is refused with both numbers."""
    _, sheet = one_file(tmp_path, GOOD)
    message = fails(sheet, BudgetError, memory="1MB")
    assert re.search(r"\d.*\d", message)


def test_failed_build_keeps_the_old_store(tmp_path: Path) -> None:
    """An error leaves the earlier store as it was, byte by byte."""
    bad, sheet = one_file(tmp_path, GOOD)
    target = tmp_path / "store.h5"
    methcohort.build(sheet, target, **SMALL_BUILD)
    before = target.read_bytes()
    bad.write_bytes(row(c="-1"))
    fails(sheet)
    assert target.read_bytes() == before


BASE = (
    b"#comment\nchr\tpos\tpct\tc\tt\n\nchr1\t5\t50.0\t1\t1\nchr1\t12\t0\t0\t4\nchr2 3 100 7 0\n"
    b"chr10\t200\t33.3333\t10\t20\r\n  chr2\t7\t.\t0\t0\t\nchrX\t2147483647\t99.5\t4294967295\t1"
)
BASE = BASE.replace(b"99.5", b"100.0")


@settings(max_examples=60)
@given(text=mutated(st.just(BASE), 1, 3))
@example(text=BASE)
@example(text=b"\n")
@example(text=b"\xef\xbb\xbf")
@example(text=b"chr1 5 50 1 1\n\nchr1 5 50 1 1")
def test_mutated_file(text: bytes) -> None:
    """A changed file is taken or refused at the same line as by the oracle."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "sample.txt"
        path.write_bytes(text)
        cohort = Cohort(folder, ["a"], [path], folder / "samples.tsv")
        write_sheet(cohort.sheet, [["a", str(path), "one"]])
        try:
            expected = cohort.expected()
        except oracle.OracleFault as fault:
            event(f"fault: {fault.kind}")
            message = fails(cohort.sheet)
            if fault.line is not None:
                assert f"{path}, line {fault.line}: " in message, fault.kind
            return
        event("good")
        assert_store_equals(cohort.build(), expected, ["a"])


def test_output_is_no_store(tmp_path: Path) -> None:
    """Neither an input nor the sheet nor any other text is overwritten by a store."""
    text = tmp_path / "a.txt"
    text.write_text("chr1\t5\t50\t1\t1\n")
    sheet = tmp_path / "samples.tsv"
    sheet.write_text(f"sample\tpath\tcohort\na\t{text}\tone\n")
    for target in (text, sheet, Path(os.devnull)):
        before = target.read_bytes()
        with pytest.raises(MethcohortError, match=r"only an earlier store is replaced|writable"):
            methcohort.build(sheet, target, workers=0)
        assert target.read_bytes() == before


def test_output_through_a_link(tmp_path: Path) -> None:
    """The file that a link names is replaced, not the link."""
    sheet = tmp_path / "samples.tsv"
    (tmp_path / "a.txt").write_text("chr1\t5\t50\t1\t1\n")
    sheet.write_text(f"sample\tpath\tcohort\na\t{tmp_path}/a.txt\tone\n")
    (tmp_path / "link.h5").symlink_to("real.h5")
    methcohort.build(sheet, tmp_path / "link.h5", workers=0)
    assert (tmp_path / "link.h5").is_symlink()
    assert methcohort.info(tmp_path / "real.h5")["n_sites"] == 1


def test_more_odd_settings(tmp_path: Path) -> None:
    """What no cohort can have is refused, and a column that a count would hide."""
    (tmp_path / "a.txt").write_text("chr1\t5\t50\t1\t1\n")
    sheet = tmp_path / "samples.tsv"
    sheet.write_text(f"sample\tpath\tcohort\na\t{tmp_path}/a.txt\tone\n")
    with pytest.raises(ConfigError, match="min_samples: 2 for a cohort of 1"):
        methcohort.build(sheet, tmp_path / "x.h5", config={"min_samples": 2}, workers=0)
    with pytest.raises(ConfigError, match="found -1 workers"):
        methcohort.build(sheet, tmp_path / "x.h5", workers=-1)
    sheet.write_text(f"sample\tpath\tcohort\tsum_c\na\t{tmp_path}/a.txt\tone\t1\n")
    with pytest.raises(InputError, match="line 1: found the columns sum_c"):
        methcohort.build(sheet, tmp_path / "x.h5", workers=0)


def test_warning_of_an_empty_store(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A pattern that matches nothing, or a BED file of other chromosomes, are told."""
    (tmp_path / "a.txt").write_text("chr1\t5\t50\t1\t1\n")
    sheet = tmp_path / "samples.tsv"
    sheet.write_text(f"sample\tpath\tcohort\na\t{tmp_path}/a.txt\tone\n")
    config = {"chroms": {"include": ["chr9"]}}
    methcohort.build(sheet, tmp_path / "x.h5", config=config, workers=0)
    assert "has no sites" in caplog.text
    (tmp_path / "s.bed").write_text("chr2\t0\t9\n")
    methcohort.build(sheet, tmp_path / "x.h5", config={"sites": str(tmp_path / "s.bed")}, workers=0)
    assert "no row lies on its chromosomes" in caplog.text
