"""Texts of several samples, and formats that the configuration describes by name."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import table_oracle
import yaml
from projects import Project
from reading import Read, Rows, rules

import methcohort
from methcohort import ConfigError, InputError
from methcohort.build.inspect import inspect
from methcohort.cohort.config import read_config
from methcohort.cohort.sheet import read_cohort
from methcohort.readers import settle
from methcohort.readers.reader import TextReader
from methcohort.readers.recognition import recognise
from methcohort.scatter import assemble_ranges, find_sites, load_batch, pack_range
from methcohort.store.cytosine import BOTH, CHH, CPG, MINUS, PLUS

Command = Callable[..., subprocess.CompletedProcess[str]]

UNITED = (
    "chr\tstart\tend\tstrand\tcoverage1\tnumCs1\tnumTs1\tcoverage2\tnumCs2\tnumTs2\n"
    "chr1\t100\t100\t+\t12\t8\t4\tNA\tNA\tNA\n"
    "chr1\t200\t200\t-\t5\t2\t3\t8\t7\t0\n"
)
PLAIN = {"1": [("chr1", 100, 8, 4, 0), ("chr1", 200, 2, 3, 0)], "2": [("chr1", 200, 7, 0, 0)]}
STRANDS = {
    "1": [("chr1", 100, 8, 4, PLUS), ("chr1", 200, 2, 3, MINUS)],
    "2": [("chr1", 200, 7, 0, MINUS)],
}
KINDS = {
    "1": [("chr1", 100, 8, 4, PLUS | CPG), ("chr1", 200, 2, 3, MINUS | CHH)],
    "2": [("chr1", 200, 7, 0, MINUS | CHH)],
}
NAMED_ROWS = "chr1:99:+:CpG\t12\t8\t0\t0\nchr1:199:-:CHH\t5\t2\t7\t7\n"

TABLES: dict[str, tuple[str, str, dict[str, list[Read]]]] = {
    # name of the case: format, text, rows of each sample by what the sheet says of it
    "united samples of methylKit": ("methylkit_tabix", UNITED, STRANDS),
    "the same without a header": ("methylkit_tabix", UNITED.partition("\n")[2], STRANDS),
    "a table for radmeth": (
        "dnmtools_table", "A\tB\t\n" + NAMED_ROWS, KINDS | {"A": KINDS["1"], "B": KINDS["2"]},
    ),
    "dnmtools merge -t": (
        "dnmtools_table", "A_R\tA_M\tB_R\tB_M\t\n" + NAMED_ROWS,
        KINDS | {"A": KINDS["1"], "B": KINDS["2"]},
    ),
    "samples whose names are numbers": (
        "dnmtools_table", "2\t1\t\n" + NAMED_ROWS, {"2": KINDS["1"], "1": KINDS["2"]},
    ),
    "BISCUIT": (
        "biscuit_bed",
        "chr1\t99\t100\t0.667\t12\t.\t0\nchr1\t199\t200\t0.400\t5\t1.000\t7\n", PLAIN,
    ),
    "BISCUIT -c": (
        "biscuit_bed_counts",
        "chr1\t99\t100\t67\t8\t4\t.\t0\t0\nchr1\t199\t200\t40\t2\t3\t100\t7\t0\n", PLAIN,
    ),
    "BISCUIT -e": (
        "biscuit_extended",
        "chr1\t99\t100\tC\tCG\tCG\tATCGA\t0.667\t12\t.\t0\n"
        "chr1\t199\t200\tG\tCHH\tCA\tATCAA\t0.400\t5\t1.000\t7\n", KINDS,
    ),
    "BISCUIT -e -c": (
        "biscuit_extended_counts",
        "chr1\t99\t100\tC\tCG\tCG\tATCGA\t67\t8\t4\t.\t0\t0\n"
        "chr1\t199\t200\tG\tCHH\tCA\tATCAA\t40\t2\t3\t100\t7\t0\n", KINDS,
    ),
    "methcohort query": (
        "methcohort_table",
        "chr\tpos\tS 1.c\tS 1.t\tS 1.pct\tB.c\tB.t\tB.pct\n"
        "chr1\t100\t8\t4\t66.66667\t0\t0\tNA\nchr1\t200\t2\t3\t40\t7\t0\t100\n",
        PLAIN | {"S 1": PLAIN["1"], "B": PLAIN["2"]},
    ),
    "methcohort query with strands": (
        "methcohort_table",
        "chr\tpos\tstrand\tcontext\tA.c\tA.t\tB.c\tB.t\n"
        "chr1\t100\tboth\tCpG\t8\t4\t0\t0\nchr1\t200\tunknown\tmixed\t2\t3\t7\t0\n",
        {
            "A": [("chr1", 100, 8, 4, BOTH | CPG), ("chr1", 200, 2, 3, 0)],
            "2": [("chr1", 200, 7, 0, 0)],
        },
    ),
}  # fmt: skip


def read(path: Path, name: str, custom: Any = None, columns: str = "") -> list[Read]:
    form = settle(name, str(path), custom, columns)
    sink = Rows(with_kind=form.with_kind)
    reader = TextReader(str(path), form, rules())
    reader.read(sink)
    return sink.rows(reader.names.decoded)


def text(tmp_path: Path, content: str, name: str = "text") -> Path:
    path = tmp_path / name
    path.write_text(content)
    return path


@pytest.mark.parametrize("name", TABLES)
def test_each_sample_of_a_table(tmp_path: Path, name: str) -> None:
    form, content, expected = TABLES[name]
    path = text(tmp_path, content)
    assert recognise(str(path)).format == form
    for columns, rows in expected.items():
        assert read(path, form, columns=columns) == rows


@pytest.mark.parametrize("name", ["methcohort query", "methcohort query with strands"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_tables_with_other_delimiters(tmp_path: Path, name: str, delimiter: str) -> None:
    form, content, expected = TABLES[name]
    path = text(tmp_path, content.replace("\t", delimiter))
    assert recognise(str(path)).format == form
    for columns, rows in expected.items():
        assert read(path, form, columns=columns) == rows


@pytest.mark.parametrize("name", TABLES)
def test_a_table_asks_for_the_sample(tmp_path: Path, name: str) -> None:
    """Without the column of the sheet, and with a value that is of no sample."""
    form, content, _ = TABLES[name]
    path = str(text(tmp_path, content))
    with pytest.raises(InputError, match=r"found 2 samples in one text .*column named columns"):
        settle(form, path)
    for columns in ("0", "3", "nobody", "1.0", "-1", "1" * 30):
        with pytest.raises(InputError, match=r"columns in the sheet, and 2 samples .*from 1 to 2"):
            settle(form, path, None, columns)


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("biscuit_bed", "chr1\t99\t100\t0.500\t2\n"),
        ("five_column", "chr1\t100\t50\t1\t1\n"),
        ("biscuit_bed_counts", "chr1\t99\t100\t50\t1\t1\t7\n"),
    ],
)
def test_columns_of_a_text_of_one_sample(tmp_path: Path, form: str, content: str) -> None:
    """A sheet that names a sample of a text that has no other is refused, whatever the text is."""
    path = str(text(tmp_path, content))
    if form == "biscuit_bed":
        assert read(Path(path), form, columns="1") == [("chr1", 100, 1, 1, 0)]
    with pytest.raises(InputError, match=r"columns in the sheet, and (a text of|1 samples)"):
        settle(form, path, None, "2")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("NA\tNA\tNA", "NA\t1\tNA", "found 'NA' as unmethylated reads"),
        ("NA\tNA\tNA", "5\tNA\tNA", "found 'NA' as methylated reads"),
        ("NA\tNA\tNA", "NA\tNA", "found 9 columns"),
        ("NA\tNA\tNA", "NA\tNA\tNA\t1", "found 11 columns"),
        ("8\t7\t0", "6\t7\t0", "more methylated"),
        ("200\t200", "200\t300", "expected an end that is 0 above"),
    ],
)
def test_a_row_of_a_table_that_is_wrong(tmp_path: Path, old: str, new: str, words: str) -> None:
    """Values that are missing in part, too few columns, other lengths: the line is named."""
    assert old in UNITED
    path = text(tmp_path, UNITED.replace(old, new, 1))
    form = settle("methylkit_tabix", str(text(tmp_path, UNITED, "right")), None, "2")
    reader = TextReader(str(path), form, rules())
    with pytest.raises(InputError, match=rf"line [23]: .*{words}"):
        reader.read(Rows(with_kind=True))


def test_a_name_with_a_colon_is_no_part_of_a_row_name(tmp_path: Path) -> None:
    path = text(tmp_path, "A\tB\t\n" + NAMED_ROWS + "HLA:01:99:+:CpG\t1\t1\t1\t1\n")
    with pytest.raises(InputError, match=r"line 4: found 9 columns .*tabs and colons"):
        read(path, "dnmtools_table", columns="A")


@pytest.mark.parametrize("seed", range(20))
def test_random_tables_against_the_oracle(tmp_path: Path, seed: int) -> None:
    """Any fields in the columns of two samples: what is read, and what is refused, is the same."""
    random = np.random.default_rng(seed)
    form = settle("methylkit_tabix", str(text(tmp_path, UNITED)), None, str(seed % 2 + 1))
    odd = random.choice(["NA", "nan", ".", "", "3.0", "x"], 2)
    for _ in range(20):
        lines = []
        for pos in sorted(random.choice(900, 6, replace=False).tolist()):
            c, t, more = random.integers(0, 4, 3).tolist()
            one = [str(c + t + more), str(c), str(t)]
            two = ["NA"] * 3 if random.random() < 0.4 else list(one)
            if random.random() < 0.1:
                two[random.integers(3)] = str(random.choice(odd))
            lines.append("\t".join(["chr1", str(pos + 1), str(pos + 1), "+", *one, *two]))
        content = "\n".join(lines) + "\n"
        path = text(tmp_path, content)
        try:
            expected: Any = table_oracle.read(form, rules(), content.encode()).rows
        except table_oracle.Refused as refused:
            expected = refused.line
        sink, reader = Rows(with_kind=True), TextReader(str(path), form, rules())
        try:
            reader.read(sink)
        except InputError as error:
            assert f"line {expected}:" in str(error)
        else:
            found = sink.rows(reader.names.decoded)
            assert [(chrom.encode(), *rest) for chrom, *rest in found] == expected


DESCRIBED = {
    "lab_a": {"chr": 1, "pos": 2, "c": "# methylated", "n": "coverage"},
    "lab_b": {"chr": "chrom", "pos": "start", "c": "{}.M", "n": "{}.Cov", "base": 0},
    "both": {"chr": 1, "pos": 2, "c": 3, "t": 4, "both_strands": True},
}
FAANG = "Chromosome\tPosition\tCoverage\t# methylated\t% methylated\nchr1\t100\t16\t14\t87.5\n"
BSSEQ = "chrom\tstart\tA.M\ta.M\tA.Cov\ta.Cov\nchr1\t99\t8\tNA\t12\tNA\nchr1\t199\t2\t7.0\t5.0\t8\n"


def test_descriptions_by_name(tmp_path: Path) -> None:
    """Names of columns with blanks, or filled from the sheet, exact before any case; 3.0 is 3."""
    assert read(text(tmp_path, FAANG), "lab_a", DESCRIBED) == [("chr1", 100, 14, 2, 0)]
    table = text(tmp_path, BSSEQ)
    assert read(table, "lab_b", DESCRIBED, "A") == [
        ("chr1", 100, 8, 4, 0), ("chr1", 200, 2, 3, 0),
    ]  # fmt: skip
    assert read(table, "lab_b", DESCRIBED, "a") == [("chr1", 200, 7, 1, 0)]
    strands = text(tmp_path, "chr1 100 3.0 1\n")
    assert read(strands, "both", DESCRIBED) == [("chr1", 100, 3, 1, BOTH | CPG)]
    # The flat form and named ones stand side by side.
    flat = DESCRIBED | {"chr": 1, "pos": 2, "t": 3, "c": 4}
    assert read(strands, "custom", flat) == [("chr1", 100, 1, 3, 0)]


def test_decimals_that_begin_late(tmp_path: Path) -> None:
    """Cells have many levels of 0 and 1; others have decimals, and the header's points are none."""
    rows = [("chr1", 10 * k, k % 2, 1) for k in range(1, 701)]
    rows += [("chr1", 8000, 0.5, 2), ("chr1", 8010, 0.333, 30), ("chr1", 8020, 0.3, 10)]
    lines = ["chr pos my.level.in.parts n", *(" ".join(map(str, row)) for row in rows)]
    path = text(tmp_path, "\n".join(lines).replace(" ", "\t") + "\n")
    custom = {"chr": 1, "pos": 2, "fraction": 3, "n": 4}
    found = read(path, "custom", custom)
    assert [(one[2], one[3]) for one in found[-3:]] == [(1, 1), (10, 20), (3, 7)]
    assert len(found) == len(rows)


@pytest.mark.parametrize(
    ("custom", "content", "expected"),
    [
        (
            {"chr": "chr", "pos": "pos", "percent": "{} %", "n": "{}", "decimal": ","}
            | {"delimiter": ";", "quote": '"'},
            '"chr";"pos";"A %";"A";"B %";"B"\nchr1;100;"66,7";3;"50,0";2\n',
            [("chr1", 100, 1, 1, 0)],
        ),
        (
            {"chr": "chr", "pos": "pos", "c": "{}.M", "n": "{}.Cov"},
            '"chr","pos","A.M","A.Cov","B.M","B.Cov"\n"1","chr1",100,2,3,1,2\n',
            [("chr1", 100, 1, 1, 0)],
        ),
        (
            {"chr": 2, "pos": 3, "c": 4, "t": 5, "only": {1: ["m", "any"], 6: "x"}},
            "m\tchr1\t100\t1\t1\tx\nh\tchr1\t100\t7\t7\tx\nm\tchr1\t100\t7\t7\ty\n",
            [("chr1", 100, 1, 1, 0)],
        ),
        (
            {"chr": "chr", "pos": "pos", "c": "c", "n": "n", "only": {"the kind": "Total"}},
            "chr\tpos\tc\tn\tthe kind\nchr1\t100\t1\t2\tTotal\nchr1\t100\t1\t1\thap1\n",
            [("chr1", 100, 1, 1, 0)],
        ),
        (
            {"chr": 1, "pos": 2, "c": 3, "t": 4, "delimiter": "tab"},
            "chr 1\t100\t1\t1\n", r"chromosome name 'chr 1'",
        ),
        (
            {"chr": 1, "pos": 2, "c": 3, "t": 4, "only": {5: "x"}},
            "chr1\t100\t1\t1\ty\n", "text",
        ),
    ],
)  # fmt: skip
def test_how_a_description_has_rows_written(
    tmp_path: Path, custom: dict[str, Any], content: str, expected: Any
) -> None:
    """Delimiters, quotes and decimals; and only the rows that have a text in a column."""
    settings = read_config({"custom": {"lab": custom}})
    again = read_config({"custom": settings.content()["custom"]})
    assert again.content() == settings.content()
    columns = "B" if "{}" in str(custom) else ""
    path = text(tmp_path, content)
    if isinstance(expected, str):
        with pytest.raises(InputError, match=expected):
            read(path, "lab", settings.custom)
    else:
        assert read(path, "lab", again.custom, columns) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("chr1\t100\t\t5\t3\t9\n", (5, 3)),  # an empty field is a column
        ("chr1\t100\tx\t5\t3\t9\nchr1\t101\t\t5\t3\t9\n", (5, 3)),
        ("chr1  100 x 5\t3 9\n", (5, 3)),  # blanks and tabs, without a header
        ("h\tp\tthe name\tm\tu\nchr1\t100\ta b\t5\t3\n", (5, 3)),
        ("h\tp\tname\tm\tu\nchr1\t100\t1 2\t5\t3\n", (5, 3)),
        ("h\tp\tname\tm\tu\nchr1\t 100\t1\t 5\t 3\n", (5, 3)),
    ],
)
def test_where_columns_end(tmp_path: Path, content: str, expected: tuple[int, int]) -> None:
    found = read(text(tmp_path, content), "custom", {"chr": 1, "pos": 2, "c": 4, "t": 5})
    assert {row[2:4] for row in found} == {expected}
    assert len(found) == content.count("chr1")


@pytest.mark.parametrize(
    ("name", "columns", "error", "words"),
    [
        ("lab_b", "nobody", InputError, r"custom.lab_b: .*'nobody.M' as c.*check the sheet"),
        ("lab_b", "", InputError, r"custom.lab_b: .*'\{\}.M', and no value as columns"),
        ("lab_a", "A", InputError, r"custom.lab_a: found 'A' as columns .*no \{\} in"),
        ("lab_c", "", ConfigError, r"found the format 'lab_c'; did you mean lab_"),
    ],
)
def test_a_description_that_does_not_fit(
    tmp_path: Path, name: str, columns: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        settle(name, str(text(tmp_path, BSSEQ)), DESCRIBED, columns)


@pytest.mark.parametrize(
    ("custom", "words"),
    [
        ({"lab": {"chrom": 1}}, r"unknown key custom.lab.chrom; did you mean custom.lab.chr"),
        ({"chrom": 1}, r"unknown key custom.chrom; did you mean custom.chr"),
        ({"a lab": {"chr": 1}}, r"the name custom.\"a lab\"; expected a letter"),
        ({"lab": {"chr": 0}}, r"found custom.lab.chr: 0; expected"),
        ({"lab": {"both_strands": "yes"}}, r"found custom.lab.both_strands: \"yes\""),
        ({"lab": {"delimiter": "\t"}}, r"found custom.lab.delimiter: .*one of \"tab\""),
        ({"only": {}}, r"found custom.only: \{\}"),
    ],
)
def test_a_configuration_that_is_wrong(custom: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_config({"custom": custom})


def test_the_content_of_a_configuration() -> None:
    """That of the flat form is what it was; what is not given plays no part."""

    def content(custom: Any) -> Any:
        return read_config({"custom": custom}).content()["custom"]

    assert content({}) == content({"chr": None, "base": 1}) == {}
    flat = {"chr": 1, "pos": 2, "c": 3, "t": 4}
    assert content(flat) == flat | {"base": 1}
    assert content({"lab": flat}) == {"lab": flat | {"base": 1}}
    assert content({"lab": flat | {"n": None}, "base": 1, "c": None}) == content({"lab": flat})
    again = read_config({"custom": content({"lab": flat})})
    assert again.content()["custom"] == content({"lab": flat})


SHEET = "sample\tpath\tcohort\tformat\tcolumns\n"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("x\tt\tc\tlab\t\n", r"line 2: found the format 'lab'; did you mean lab_"),
        ("x\tt\tc\tlab_b\t\n", r"line 2: found no value as columns; expected what stands for"),
        ("x\tt\tc\tlab_a\tA\n", r"line 2: found 'A' as columns, and no \{\} in"),
        ("x\tt\tc\tallc\tA\n", r"line 2: found 'A' as columns, and the format allc"),
        ("x\tt\tc\t\tA\ny\tt\tc\t\tA\n", r"line 3: found the columns 'A' of t again, .*line 2"),
    ],
)
def test_a_sheet_that_is_wrong(tmp_path: Path, rows: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_cohort(text(tmp_path, SHEET + rows), custom=DESCRIBED)


def test_a_description_cannot_have_the_name_of_a_format(tmp_path: Path) -> None:
    sheet = text(tmp_path, SHEET + "x\tt\tc\tallc\t\n")
    with pytest.raises(ConfigError, match=r"custom.allc: found the name of a format"):
        read_cohort(sheet, custom={"allc": {"chr": 1}})


TRUTH = {"fa": {100: (14, 2)}, "A": {100: (8, 4), 200: (2, 3)}, "a": {200: (7, 1)}}
TRUTH |= {"u1": {100: (8, 4), 200: (2, 3)}, "u2": {200: (7, 0)}}
ROWS = {
    "fa": "fa\tfaang.txt\tc\tlab_a\t\n",
    "A": "A\tbsseq.txt\tc\tlab_b\tA\n",
    "a": "a\tbsseq.txt\tc\tlab_b\ta\n",
    "u1": "u1\tunited.txt\tc\t\t1\n",
    "u2": "u2\tunited.txt\tc\tmethylkit_tabix\t2\n",
}
CONFIG = {"custom": DESCRIBED, "base_check": "off", "threads": 1}
FORMATS = ("lab_a", "lab_b:A", "lab_b:a", "methylkit_tabix:1", "methylkit_tabix:2")


def write_project(folder: Path, rows: str = "".join(ROWS.values())) -> Path:
    for name, content in (("faang", FAANG), ("bsseq", BSSEQ), ("united", UNITED)):
        (folder / f"{name}.txt").write_text(content)
    return text(folder, SHEET + rows, "samples.tsv")


def values(store: Path) -> dict[str, dict[int, tuple[int, int]]]:
    """Counts of each sample by position, where it has some."""
    with methcohort.open_store(store) as opened:
        n = opened.n_sites
        pos = opened.positions(0, n).tolist()
        c, t = (opened.read_layer(layer, slice(None), 0, n).tolist() for layer in "ct")
        names = opened.samples
    return {
        name: {p: (x, y) for p, x, y in zip(pos, cs, ts, strict=True) if x + y}
        for name, cs, ts in zip(names, c, t, strict=True)
    }


def test_a_cohort_of_descriptions_and_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Command
) -> None:
    """Built, grown, verified and printed; other columns of a file are another sample."""
    monkeypatch.chdir(tmp_path)
    sheet, store = write_project(tmp_path), tmp_path / "c.h5"
    digest = methcohort.build(sheet, store, config=CONFIG, workers=0)
    assert values(store) == TRUTH
    with methcohort.open_store(store) as opened:
        assert opened.inputs["format"] == FORMATS
    methcohort.verify(store, inputs=True, workers=0)

    first = write_project(tmp_path, ROWS["fa"] + ROWS["A"])
    methcohort.build(first, "grown.h5", config=CONFIG, workers=0)
    rest = text(tmp_path, SHEET + ROWS["a"] + ROWS["u1"] + ROWS["u2"], "rest.tsv")
    assert methcohort.add("grown.h5", rest, workers=0) == digest
    other = text(tmp_path, SHEET + ROWS["A"].replace("lab_b\tA", "lab_b\ta"), "other.tsv")
    with pytest.raises(InputError, match=r"has a sample A of other text"):
        methcohort.add("grown.h5", other, workers=0)

    swapped = "".join(ROWS.values()).replace("\t1\n", "\t3\n").replace("\t2\n", "\t1\n")
    swapped = swapped.replace("\t3\n", "\t2\n")
    sheet = write_project(tmp_path, swapped)
    methcohort.build(sheet, "new.h5", config=CONFIG, workers=0, earlier=store)
    assert values(tmp_path / "new.h5") == TRUTH | {"u1": TRUTH["u2"], "u2": TRUTH["u1"]}
    with pytest.raises(
        InputError, match=r"the text of sample u1 differs from that in .*since changed is refuse"
    ):
        methcohort.build(sheet, "new.h5", config=CONFIG, workers=0, earlier=store, changed="refuse")

    with h5py.File(store) as file:
        assert file["inputs/sha256"][1] == file["inputs/sha256"][2]
    table = text(tmp_path, run("query", store, "chr1").stdout, "table.txt")
    rows = "".join(f"{name}\ttable.txt\tc\t\t{name}\n" for name in TRUTH)
    methcohort.build(write_project(tmp_path, rows), "again.h5", config=CONFIG, workers=0)
    assert table.read_text() and values(tmp_path / "again.h5") == TRUTH


def test_a_new_description_leaves_earlier_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Samples of the earlier store are taken as long as what describes them is the same."""
    monkeypatch.chdir(tmp_path)
    first = CONFIG | {"custom": {"lab_a": DESCRIBED["lab_a"]}}
    methcohort.build(write_project(tmp_path, ROWS["fa"]), "c.h5", config=first, workers=0)
    sheet = write_project(tmp_path)
    digest = methcohort.build(sheet, "all.h5", config=CONFIG, workers=0)
    caplog.set_level("INFO")
    assert digest == methcohort.build(sheet, "new.h5", config=CONFIG, workers=0, earlier="c.h5")
    assert "1 of 5 samples are taken from c.h5" in caplog.text
    assert Path("new.h5").read_bytes() == Path("all.h5").read_bytes()
    other = {"lab_a": DESCRIBED["lab_a"] | {"pct": "% methylated"}}
    config = CONFIG | {"custom": DESCRIBED | other}
    methcohort.build(sheet, "new.h5", config=config, workers=0, earlier="c.h5")
    assert "no sample is taken from c.h5: it was made with custom" in caplog.text


def test_a_scattered_build_of_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes as in one job."""
    monkeypatch.chdir(tmp_path)
    sheet = write_project(tmp_path)
    digest = methcohort.build(sheet, "c.h5", config=CONFIG, workers=0)
    for k in (1, 2):
        load_batch(sheet, f"{k}.batch", f"{k}/2", config=CONFIG, workers=0)
    batches = ["1.batch", "2.batch"]
    find_sites(sheet, "sites", batches, config=CONFIG, workers=0)
    pack_range("sites", "range", "1/1", batches, workers=0)
    assemble_ranges("sites", "parts.h5", ["range"])
    assert Path("parts.h5").read_bytes() == Path("c.h5").read_bytes()
    with methcohort.open_store("parts.h5") as opened:
        assert opened.digest == digest


def test_the_same_columns_by_name_and_number(tmp_path: Path, monkeypatch: Any) -> None:
    """One job says so, and the job that sees the batches of both."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.txt").write_text("A\tB\t\n" + NAMED_ROWS)
    sheet = text(tmp_path, SHEET + "x\tt.txt\tc\t\tA\ny\tt.txt\tc\t\t1\n", "s.tsv")
    with pytest.raises(InputError, match=r"samples x and y have the same columns .*A, 1"):
        methcohort.build(sheet, "c.h5", workers=0)
    for k in (1, 2):
        load_batch(sheet, f"{k}.batch", f"{k}/2", workers=0)
    with pytest.raises(InputError, match=r"samples x and y have the same columns .*A, 1"):
        find_sites(sheet, "sites", ["1.batch", "2.batch"], workers=0)


def test_inspect_tells_descriptions_and_samples(tmp_path: Path) -> None:
    path = str(text(tmp_path, BSSEQ))
    config = {"custom": DESCRIBED}
    (told,) = inspect([path], config=config, form="lab_b", columns="a", workers=0)
    assert (told["format"], told["base"], told["fault"]) == ("lab_b", 0, None)
    assert told["columns"] == ["chr", "pos", "-", "c", "-", "n"]
    (told,) = inspect([str(text(tmp_path, UNITED))], workers=0)
    assert "found 2 samples in one text (1, 2)" in told["fault"]
    for name, columns, words in (
        ("lab_z", "", "did you mean lab_"), ("lab_a", "A", "no {} in"), ("cgmap", "1", "cgmap"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=words):
            inspect([path], config=config, form=name, columns=columns, workers=0)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "a project", "basic")
    rows = "".join(ROWS.values()).replace("\tc\t", "\tbasic\t")
    sheet = write_project(made.directory, rows)
    sheet.rename(made.directory / "config" / "samples.tsv")
    (made.directory / "config" / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    return made


def test_the_workflow_builds_tables(project: Project) -> None:
    """Two descriptions and a united table; other columns of a file build the store again."""
    project.run()
    assert values(project.store("basic")) == TRUTH
    project.assert_right("basic")
    assert project.builds() == set()
    project.replace("config/samples.tsv", "lab_b\tA", "lab_b\tx")
    project.replace("config/samples.tsv", "lab_b\ta", "lab_b\tA")
    project.replace("config/samples.tsv", "lab_b\tx", "lab_b\ta")
    assert project.builds() == {"basic"}


def test_the_dry_run_refuses_a_sheet(project: Project) -> None:
    """With what the package says of it; see the tests above for what it says."""
    project.replace("config/samples.tsv", "lab_a", "lab")
    assert "line 2: found the format 'lab'; did you mean lab_" in project.fail("--dry-run")


def test_the_dry_run_refuses_descriptions(project: Project) -> None:
    project.configure(custom=DESCRIBED | {"lab_a": {"chrom": 1}})
    assert "unknown key custom.lab_a.chrom; did you mean" in project.fail("--dry-run")


@pytest.mark.timeout(60)
def test_very_wide_rows_are_told_at_once(tmp_path: Path) -> None:
    """A look at each possible sample is not one at all columns."""
    path = tmp_path / "wide.txt"
    path.write_bytes(b"1 " * 28_500 + b"\n")
    with pytest.raises(InputError, match="found rows of 28500 columns"):
        recognise(str(path))
    counts = "\t".join(["9\t4"] * 5_000)
    rows = "".join(f"chr1:{pos}:+:CpG\t{counts}\n" for pos in (5, 9, 12))
    path.write_text("\t".join(f"cell{k}" for k in range(5_000)) + "\t\n" + rows)
    with pytest.raises(InputError, match="found 5000 samples in one text"):
        settle(recognise(str(path)).format, str(path))
