"""Text before it has columns: delimiters, quotes, row names, decimal commas, marks and ends."""

import csv
import gzip
import io
import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from callers import WRITERS, Row, cover, cytosines, make_genome
from cohorts import compress
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from mixed import build_files, contents
from tables import RULES, Kept

import methcohort
from methcohort.core.errors import InputError
from methcohort.files import cut, decode_name
from methcohort.files import text as _text
from methcohort.readers import settle
from methcohort.readers.detect import UnclearError, detect
from methcohort.readers.formats import PLAIN, Dialect
from methcohort.readers.formats._format import Format
from methcohort.readers.head import read_head
from methcohort.readers.naming import AUTO
from methcohort.readers.reader import TextReader
from methcohort.readers.recognition import recognise
from methcohort.readers.rewrite import Rewriter

BOM = b"\xef\xbb\xbf"
NUMBER = re.compile(r"[0-9.]+(e-[0-9]+)?")


@dataclass(frozen=True)
class Style:
    """How a table is written."""

    sep: str
    quote: str = ""
    every: bool = False  # numbers in quotes, too
    decimal: str = "."
    names: str = ""  # "short": R's row names, "empty": below an empty name
    blank: str = ""  # behind each delimiter

    def line(self, fields: Sequence[str]) -> str:
        return (self.sep + self.blank).join(self.field(one) for one in fields)

    def field(self, one: str) -> str:
        is_number = NUMBER.fullmatch(one) is not None
        if is_number:
            one = one.replace(".", self.decimal)
        bare = not self.quote or (is_number and not self.every)
        return one if bare else self.quote + one + self.quote

    def text(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
        quoted = replace(self, every=True)
        lines = []
        if header:
            lines.append(quoted.line(["", *header] if self.names == "empty" else header))
        for k, row in enumerate(rows, 1):
            name = [quoted.field(str(k))] if self.names else []
            lines.append((self.sep + self.blank).join([*name, self.line(row)]))
        return "".join(line + "\n" for line in lines)


STYLES = {
    "write.csv": Style(",", '"', names="empty"),
    "write.csv2": Style(";", '"', decimal=",", names="empty"),
    "write.csv without names": Style(",", '"'),
    "write.table": Style(" ", '"', names="short"),
    "write.table with tabs": Style("\t", '"', names="short"),
    "write.table, tabs, bare": Style("\t", names="short"),
    "write.table, tabs, comma": Style("\t", '"', decimal=",", names="short"),
    "write.table, col.names = NA": Style("\t", '"', names="empty"),
    "write.table without names": Style("\t", '"'),
    "pandas": Style(",", names="empty"),
    "csv": Style(","),
    "csv, all quoted": Style(",", '"', every=True),
    "csv with blanks": Style(",", blank=" "),
    "semicolons": Style(";"),
    "semicolons and commas": Style(";", decimal=","),
    "tabs and commas": Style("\t", decimal=","),
    "blanks and commas": Style(" ", decimal=","),
    "single quotes": Style("\t", "'"),
}
HEADERS = {
    "five_column": "chr pos pct c t",
    "bismark_cov": "chrom start end methylated count_m count_u",
    "allc": "chrom position strand context mc_count total methylated",
}


@pytest.fixture(scope="module")
def samples() -> list[list[Row]]:
    genome = make_genome(5, {"chr1": 2000, "chr2": 900})
    rows = [row for row in cytosines(genome) if row.context == "CpG"]
    return [cover(rows, seed) for seed in range(2)]


def fields_of(caller: str, rows: Iterable[Row]) -> list[list[str]]:
    return [WRITERS[caller](row).split("\t") for row in rows]


def write(path: Path, style: Style, caller: str, rows: Iterable[Row]) -> Path:
    header = HEADERS.get(caller, "").split() if style.names or caller == "five_column" else []
    path.write_text(style.text(header, fields_of(caller, rows)))
    return path


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_any_caller_in_any_dialect(tmp_path: Path, samples: list[list[Row]], style: Style) -> None:
    """The rows are those of the plain text, percentages too, recognised or named."""
    callers = [caller for caller in WRITERS if caller in HEADERS or not style.names]
    callers = callers[list(STYLES.values()).index(style) % 2 :: 2]  # every second one
    if style.sep == "," and not style.quote and "bedmethyl" in callers:
        callers.remove("bedmethyl")  # a colour has commas
    for caller in callers:
        plain = write(tmp_path / "plain", Style("\t"), caller, samples[0])
        odd = write(tmp_path / "odd", style, caller, samples[0])
        expected = rows_of(plain, caller)
        assert len(expected) == len(samples[0])
        np.testing.assert_equal(rows_of(odd, caller), expected)
        if caller == "five_column" or not style.names:  # other headers are of no known format
            np.testing.assert_equal(rows_of(odd), expected)


def test_a_cohort_of_all_dialects(tmp_path: Path, samples: list[list[Row]]) -> None:
    """Side by side, and every second one packed."""
    files = []
    for k, style in enumerate(STYLES.values()):
        path = write(tmp_path / f"{k}.txt", style, "five_column", samples[k % 2])
        if k % 2:
            path.write_bytes(gzip.compress(path.read_bytes()))
        files.append(path)
    plain = [write(tmp_path / f"{k}", Style("\t"), "five_column", samples[k]) for k in (0, 1)]
    found = contents(build_files(tmp_path, files, workers=2))
    expected = contents(build_files(tmp_path, plain))
    assert found["pos"] == expected["pos"]
    for layer in ("c", "t"):
        for k in range(len(files)):
            np.testing.assert_array_equal(found[layer][k], expected[layer][k % 2])


class Rows:
    """Rows and percentages of a text, in any parts."""

    def __init__(self) -> None:
        self.found: list[tuple[Any, ...]] = []

    def add(self, reader: TextReader) -> Any:
        sink = Kept(1000)
        summary = reader.read(sink)
        names = reader.names.decoded
        self.found += [(names[row[0]], *row[1:]) for row in sink.parts]
        return summary


def rows_of(path: Path, form: str | Format = AUTO, n_parts: int = 1) -> list[tuple[Any, ...]]:
    rows = Rows()
    rules = replace(RULES, wanted=lambda name: True)
    if isinstance(form, str):
        form = settle(recognise(str(path)).format if form == AUTO else form, str(path))
    for span in cut(str(path), n_parts) if n_parts > 1 else [None]:
        rows.add(TextReader(str(path), form, rules, span))
    return rows.found


@pytest.mark.parametrize("kind", ["none", "bgzip"])
@pytest.mark.parametrize("style", ["write.csv2", "write.table", "write.table, tabs, bare"])
def test_parts_of_a_file(
    tmp_path: Path, samples: list[list[Row]], monkeypatch: pytest.MonkeyPatch, style: str, kind: str
) -> None:
    """Only the first part has the header; blocks of a few lines."""
    monkeypatch.setattr(_text, "BLOCK_BYTES", 300)
    plain = write(tmp_path / "plain", Style("\t"), "five_column", samples[0])
    expected = rows_of(plain)
    assert len(expected) > 50
    odd = write(tmp_path / "odd", STYLES[style], "five_column", samples[0])
    if kind == "bgzip":
        text = odd.read_bytes()
        end = compress(b"", "bgzip")
        blocks = [compress(text[i : i + 999], "bgzip") for i in range(0, len(text), 999)]
        odd.write_bytes(b"".join(block.removesuffix(end) for block in blocks) + end)
    for n_parts in (1, 2, 7):
        assert rows_of(odd, n_parts=n_parts) == expected


def rewritten(dialect: Dialect, line: bytes) -> list[bytes] | None:
    """The fields of one line as the kernel writes them; None where it refuses it."""
    writer = Rewriter(dialect, from_start=False)
    buffer = np.frombuffer(line + b"\n" + bytes(64), np.uint8)
    end, fault = writer.write(buffer, 0, len(line) + 1)
    assert bool(fault) == (end == 0)
    return None if fault else bytes(writer.text[:end]).removesuffix(b"\n").split(b"\t")


DELIMITERS = st.sampled_from([" ", "\t", ",", ";"])


@settings(max_examples=200)
@given(
    line=st.text(alphabet="a1,;\"' \tx", min_size=1, max_size=14),
    delimiter=DELIMITERS,
    quote=st.sampled_from(["", '"', "'"]),
)
@example(line='"a""b",1', delimiter=",", quote='"')
@example(line='"a"b,1', delimiter=",", quote='"')
@example(line='" a , "," ", 1 ', delimiter=",", quote='"')
def test_kernel_and_head_split_alike(line: str, delimiter: str, quote: str) -> None:
    """Also as Python's csv module does, where that has a say."""
    if not line.strip():
        return
    dialect = Dialect(delimiter, quote)
    fields = dialect.split(line.encode())
    assert rewritten(dialect, line.encode()) == fields
    if fields is None or delimiter == " " or " " in line:
        return
    how: Any = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    [slow] = csv.reader([line], delimiter=delimiter, strict=True, **how)
    assert [field.encode() for field in slow] == fields or "\t" in line


@settings(max_examples=100)
@given(
    rows=st.lists(
        st.lists(st.text(alphabet="ab1,; \"'.é", max_size=6), min_size=3, max_size=3),
        min_size=1,
        max_size=5,
    ),
    delimiter=st.sampled_from(["\t", ",", ";"]),
    every=st.booleans(),
)
def test_what_csv_writes(rows: list[list[str]], delimiter: str, every: bool) -> None:
    """Every table that Python writes comes out field by field."""
    assume(all(any(field.strip() for field in row) for row in rows))
    target = io.StringIO()
    quoting = csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL
    csv.writer(target, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerows(rows)
    text = target.getvalue().encode()
    writer = Rewriter(Dialect(delimiter, '"', n_columns=3), from_start=False)
    end, fault = writer.write(np.frombuffer(text + bytes(64), np.uint8), 0, len(text))
    assert fault == ""
    lines = bytes(writer.text[:end]).decode().removesuffix("\n").split("\n")
    assert [line.split("\t") for line in lines] == [[f.strip(" ") for f in row] for row in rows]


@pytest.mark.parametrize(
    ("field", "found"),
    [("66,7", "66.7"), ("0,5", "0.5"), (",5", ".5"), ("1e-05", "1e-05"), ("1,5e-05", "1.5e-05"),
     ("100", "100"), ("1,2,3", "1,2,3"), ("1,", "1,"), ("chr1,5", "chr1,5"), ("-1,5", "-1,5"),
     ("NA", "NA"), (".", "."), ("1.000,5", "1.000,5"), ("1.5", None), ("1.000", None)],
)  # fmt: skip
def test_decimal_commas(field: str, found: str | None) -> None:
    """A point may separate thousands where commas are decimal: then it is refused."""
    dialect = Dialect(";", decimal=",", decimals=(1,), n_columns=3)
    expected = None if found is None else [b"7,5", found.encode(), b"x"]
    assert rewritten(dialect, f"7,5;{field};x".encode()) == expected


def table(*rows: str) -> list[bytes]:
    return [row.encode() for row in rows]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (table("chr1\t5\t50\t1\t1"), PLAIN),
        (table("chr1 5 50 1 1"), PLAIN),
        (table("chr1\t5\t5,3\tgene \"a\"; x", "chr1\t6\t5,3\tx"),
         Dialect("\t", decimal=",", n_columns=4, decimals=(2,))),
        # A comma before three digits may separate thousands.
        (table("chr1\t1,000\t50\t1\t1", "chr1\t12,345\t50\t1\t1"), PLAIN),
        # Points and commas in one text; one comma in many rows.
        (table("chr1\t5\t66,67\t2\t1", "chr1\t6\t66.67\t2\t1"), PLAIN),
        (table(*["chr1\t5\t5,3\t1\t1"] * 9, "chr1\t6\t5,3,7\t2\t1"), PLAIN),
        (table(*["chr1\t5\t50\t1\t1"] * 3, "chr1\t6\t66,67\t2\t1"), PLAIN),
        (table("chr1;1,000;66,67;2;1"), Dialect(";", decimal=",", n_columns=5, decimals=(2,))),
        (table("chr1;1,000;0,667;2;1"), Dialect(";", decimal=",", n_columns=5, decimals=(2,))),
        # A header one name short, and names that no chromosomes could be.
        (table("chr\tpos\tc\tt", "1\tchr1\t5\t1\t1"),
         Dialect("\t", row_names=True, n_columns=5)),
        (table("chr\tpos\tc\tt", "7\tchr1\t5\t1\t1"), PLAIN),
        (table("chr\tpos\tc\tt", "chr1\t5\t50\t1\t1", "chr1\t6\t50\t1\t1"), PLAIN),
        (table("chr\tpos\tc\tt", "a\tchr1\t5\t1\t1", "b\tchr2\t5\t1\t1"),
         Dialect("\t", row_names=True, n_columns=5)),
        (table("chr\tpos\tc\tt", "chr1\t5\t50\t1\t1", "chr2\t6\t50\t1\t1"), PLAIN),
        # One quoted field of many is a fault of its line.
        (table("chr1\t5\t50\t1\t1", 'chr1\t6\t50\t1\t"1"'), PLAIN),
        (table("<html>, and; so on", "x, y, z"), PLAIN),
        (table("one, two, three", "a, b, c"), PLAIN),
    ],
)  # fmt: skip
def test_what_lines_tell(lines: list[bytes], expected: Dialect) -> None:
    assert detect(lines) == expected


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (table("chr1,100,66,7,2,1"), "found rows such as 'chr1,100,66,7,2,1', so a comma may"),
        (table("chr1,100,66,7,2,1", "chr1,101,50,1,1"), "found rows of 5 and 6 fields between com"),
        (table("chr,pos,pct,c,t", "chr1,100,66,7,2,1", "chr2,100,50,0,1,1"), "found rows such as"),
        (table("chr,pos,c,t", "chr1,100,66,7,2", "chr2,100,50,0,1"), "a header of 4 names above"),
        (table("chr,pos,c,t", "1,100,66,7,2", "2,100,50,0,1"), "a header of 4 names above"),
        (table("chr;pos;c;t", "chr1;5;1;2;3;4", "chr1;6;1;2;3;4"), "a header of 4 names above"),
    ],
)
def test_what_is_not_plain(lines: list[bytes], found: str) -> None:
    """Said with what was seen, and how to write the table."""
    with pytest.raises(UnclearError, match=re.escape(found)) as caught:
        detect(lines)
    assert "; expected as many" in str(caught.value)


CSV = "chr,pos,pct,c,t\n" + "".join(f'"chr1",{k},50,1,1\n' for k in range(1, 20))
FAULTS: dict[str, tuple[str, str]] = {
    "open quote": ('"chr1,6,50,1,1\n', "a quote that is not closed in '\"chr1,6"),
    "line break": ('"chr1\n",6,50,1,1\n', "a quote that is not closed in '\"chr1'"),
    "behind": ('"chr1"x,6,50,1,1\n', "text after a closing quote"),
    "backslash": ('"chr\\"1",6,50,1,1\n', "text after a closing quote"),
    "stray": ('ch"r1,6,50,1,1\n', "a quote inside a field"),
    "tab": ('"chr\t1",6,50,1,1\n', "a tab inside a field"),
    "few": ('"chr1",6,50,1\n', "found 4 fields in .* expected 5 with commas between"),
    "many": ('"chr1",6,50,0,1,1\n', "found 6 fields in .*no comma within a number"),
    "comment": ('"#chr1",6,50,1,1\n', "begins with # inside quotes"),
    "blank": ('"chr 1",60,50,1,1\n', 'found a blank inside a field in \'"chr 1",60'),
    "blank before letters": ('"chr x",60,50,1,1\n', "found a blank inside a field"),
    "delimiter": ('"chr,1",x,50,1,1\n', "found 'x' as pos in '\"chr,1\",x,50,1,1'"),
    "count": ('"chr1",60,50,"1,5",1\n', "found '1,5' as"),
    "mark": ('\ufeff"chr1",6,50,1,1\n', "a byte order mark inside the text .*joined with cat"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_refused_lines(tmp_path: Path, name: str) -> None:
    """With the line of the file as it stands there, behind lines that are right."""
    text, found = FAULTS[name]
    path = tmp_path / "a.csv"
    path.write_text(CSV + '# "x\n\n' + text, encoding="utf-8")
    with pytest.raises(InputError, match=rf"line 23: .*({found})"):
        rows_of(path)


def test_an_earlier_fault_comes_first(tmp_path: Path) -> None:
    """Of the columns, before one of the quotes."""
    path = tmp_path / "a.csv"
    path.write_text(CSV + '"chr1",x,50,1,1\n"chr1\n')
    with pytest.raises(InputError, match="line 21: found 'x' as pos"):
        rows_of(path)


def test_comments_and_track_lines_stay(tmp_path: Path) -> None:
    text = '# a, "b\ntrack type=x description="a, b"\n\n' + CSV + '#"\n"chr1",60,50,1,1\n'
    path = tmp_path / "a.csv"
    path.write_text(text)
    assert [row[1] for row in rows_of(path)] == [*range(1, 20), 60]


def test_a_field_may_be_empty(tmp_path: Path) -> None:
    """A missing value where there are no reads."""
    path = tmp_path / "a.csv"
    path.write_text("chr1,4,5,50.5,51,50\nchr1,6,7,,0,0\nchr1,8,9,,1,1\n")
    with pytest.raises(InputError, match="line 3: found pct ''"):
        rows_of(path, "bismark_zero_cov")


def test_custom_counts_columns_as_they_stand(tmp_path: Path) -> None:
    """Row names are a column there, whether the header has a name for them or none."""
    rows = [f'"{k}"\t"chr1"\t{k}\t1\t2\t3\n' for k in range(1, 9)]
    for header in ('"chr"\t"pos"\t"a"\t"b"\t"d"\n', '""\t"chr"\t"pos"\t"a"\t"b"\t"d"\n'):
        path = tmp_path / "a.txt"
        path.write_text(header + "".join(rows))
        for custom in (
            {"chr": 2, "pos": 3, "c": 4, "t": 5},
            {"chr": "chr", "pos": "pos", "c": "a", "t": "b"},
        ):
            config = {"custom": custom}
            found = contents(build_files(tmp_path, [path], ["custom"], config=config))
            assert found["pos"] == list(range(1, 9))
            assert found["c"].ravel().tolist() == [1] * 8
            assert found["t"].ravel().tolist() == [2] * 8


def test_the_dialect_is_told(
    tmp_path: Path, samples: list[list[Row]], caplog: pytest.LogCaptureFixture
) -> None:
    """By the evidence, whether the format is named or not, and once in the log."""
    style = STYLES["write.csv2"]
    files = [write(tmp_path / f"{k}", style, "five_column", samples[k]) for k in (0, 1)]
    sentence = (
        'semicolons stand between fields, " round some, decimal commas in column 4, '
        "the first field of a row is left out as its name"
    )
    for form in ("auto", "five_column"):
        [one] = methcohort.inspect([files[0]], form=form, workers=0)
        assert one["evidence"][0] == sentence
    with caplog.at_level(logging.INFO):
        build_files(tmp_path, files)
    assert caplog.text.count(sentence) == 1
    assert f"{files[0]} and 1 more files: {sentence}" in caplog.text


def test_the_head_has_what_the_kernel_reads(tmp_path: Path, samples: list[list[Row]]) -> None:
    for name, style in STYLES.items():
        path = write(tmp_path / "a", style, "five_column", samples[0])
        head = read_head(str(path))
        assert head.header == ("chr", "pos", "pct", "c", "t"), name
        assert list(head.rows) == [
            [field.encode() for field in row]
            for row in fields_of("five_column", samples[0])[: len(head.rows)]
        ], name


GOOD = b"chr1\t5\t50\t1\t1\n"
MORE = b"chr2\t7\t50\t2\t2\n"


def test_marks_at_the_start_of_files_and_members(tmp_path: Path) -> None:
    """They mean nothing, once or twice, also where a member of gzip was a file of its own."""
    path = tmp_path / "a.gz"
    expected = [("chr1", 5), ("chr2", 7)]
    for text in (BOM + GOOD + MORE, BOM * 2 + GOOD + MORE):
        for packed in (
            text,
            gzip.compress(text),
            gzip.compress(text[:2]) + gzip.compress(text[2:]),
        ):
            path.write_bytes(packed)
            assert [row[:2] for row in rows_of(path)] == expected
    for marks in (BOM, BOM * 2):
        for end in (b"", gzip.compress(b"")):
            members = gzip.compress(BOM + GOOD), end, gzip.compress(marks + MORE)
            path.write_bytes(b"".join(members))
            assert [row[:2] for row in rows_of(path)] == expected


def test_marks_of_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the blocks end."""
    parts = [b"chr1\t%d\t50\t1\t1\n" % k for k in range(1, 60)]
    path = tmp_path / "a.gz"
    path.write_bytes(b"".join(gzip.compress(BOM + part) for part in parts))
    for size in range(64, 100):
        monkeypatch.setattr(_text, "BLOCK_BYTES", size)
        assert [row[1] for row in rows_of(path)] == list(range(1, 60))


def in_gzip(data: bytes) -> bytes:
    """Pack bytes without the time, which would give a test another name in each process."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    ("packed", "line"),
    [
        (GOOD + BOM + MORE, 2),  # joined with cat
        (in_gzip(GOOD + BOM + MORE), 2),
        (in_gzip(GOOD) + in_gzip(MORE + BOM + b"chr2\t8\t50\t1\t1\n"), 3),
        (in_gzip(GOOD[:-1]) + in_gzip(BOM + MORE), 1),  # no line of its own
        (GOOD + BOM + b"chr2\tx\t50\t2\t2\n", 2),
        (GOOD + BOM + b"# a comment\n", 2),
        (GOOD + b"chr\xe2\x80\x8b2\t7\t50\t2\t2\n", 2),
    ],
)
def test_marks_elsewhere(tmp_path: Path, packed: bytes, line: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(packed)
    with pytest.raises(InputError, match=f"line {line}: "):
        rows_of(path)
    if BOM + MORE in packed:
        with pytest.raises(InputError, match=r"byte order mark .*joined with cat"):
            rows_of(path)


@pytest.mark.parametrize(
    "char",
    ["\u200b", "\u200d", "\u2060", "\ufeff", "\xad", "\u202e", "\u2028", "\u2029", "\xa0", "\x7f",
     "\x85", "\u034f", "\u3164", "\ufe0f", "\u3000", "\U000e0001", "\0", "\x0b"],
)  # fmt: skip
def test_names_with_what_is_not_seen(char: str) -> None:
    for name in (f"{char}chr1", f"ch{char}r1", f"chr1{char}"):
        with pytest.raises(ValueError, match=rf"U\+{ord(char):04X}"):
            decode_name(name.encode())


@pytest.mark.parametrize("name", ["chr1", "HLA-A*01:01", "染色体1", "chr\u0301", "a'b", "😀"])
def test_names_that_are_seen(name: str) -> None:
    assert decode_name(name.encode()) == name


def test_a_last_line_without_a_newline(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A number may have been cut there; gzip tells of itself whether it is whole."""
    path, whole = tmp_path / "a.txt", tmp_path / "b.txt"
    whole.write_bytes(GOOD + MORE)
    path.write_bytes(GOOD + b"chr2\t7\t10\t1\t9")
    for files, n in (([path, whole], 1), ([whole], 0)):
        caplog.clear()
        build_files(tmp_path, files)
        assert caplog.text.count("does not end with a newline") == n
    [one] = methcohort.inspect([path], workers=0)
    assert any("chr2\\t7\\t10\\t1\\t9" in told for told in one["evidence"])
    caplog.clear()
    for packed in (gzip.compress(GOOD[:-1]), compress(GOOD[:-1], "bgzip"), GOOD[:-1] + b"\n"):
        path.write_bytes(packed)
        build_files(tmp_path, [path])
        assert "does not end" not in caplog.text
    files = [tmp_path / f"{k}.txt" for k in range(7)]
    for k, file in enumerate(files):
        file.write_bytes(GOOD + b"chr2\t%d\t50\t1\t1" % (k + 9))
    build_files(tmp_path, files)
    assert caplog.text.count("does not end with a newline") == 5
    assert "2 more files end without a newline" in caplog.text


REPORT = "chr1\t5\t+\t1\t1\tCG\tCGA"
ENDS: dict[str, tuple[str, str]] = {
    "CR CR LF": ("\r\r\n", "one carriage return too many at the end of a line in '.*r'; .*twice"),
    "NUL": ("\0\n", r"the control character '\\x00' .NUL. in '.*\\x00'; expected text"),
    "VT": ("\x0b\n", r"the control character '\\x0b' .vertical tab."),
    "FF": ("\x0c\n", r"the control character '\\x0c' .form feed."),
    "SUB": ("\x1a\n", r"the control character '\\x1a' .code 26."),
    "DEL": ("\x7f\n", r"the control character '\\x7f' .code 127."),
    "CR": ("\r", "a carriage return inside a line"),
}


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize(
    ("form", "row"),
    [("five_column", "chr1\t5\t50\t100\t100"), ("bismark_cov", "chr1\t5\t5\t50\t100\t100")],
)
def test_what_stands_behind_the_last_count(tmp_path: Path, name: str, form: str, row: str) -> None:
    """Shown, and named; both kernels."""
    end, found = ENDS[name]
    path = tmp_path / "a.txt"
    path.write_bytes((row + end).encode() * 3)
    with pytest.raises(InputError, match=f"line 1: found {found}"):
        rows_of(path, form)


def test_old_macs_and_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(GOOD.replace(b"\n", b"\r") * 3)
    with pytest.raises(InputError, match="as on old Macs"):
        rows_of(path)
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        path.write_bytes(GOOD.decode().encode(encoding))
        with pytest.raises(InputError, match="text in UTF-16"):
            rows_of(path)
