"""Random files against the oracle: by a grammar, by the fuzzer's corpus, and damaged ones."""

import random
from collections.abc import Iterator
from pathlib import Path

import oracle
import pytest
from comparison import Case, Comparison, draw_case, draw_reading
from fuzz.run import CORPUS, Fuzzer, read_cases
from hypothesis import event, given, settings
from hypothesis import strategies as st
from trials.forms import AnyBytes, FuzzAliases, FuzzReferences, FuzzTables
from trials.fuzz import BrokenGzip, Fuzz

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Comparison]:
    """A comparison in this process."""
    with Comparison(tmp_path_factory.mktemp("alone")) as made:
        yield made


@pytest.fixture(scope="module")
def with_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Comparison]:
    """A comparison by two workers, which read parts side by side in small blocks."""
    with Comparison(tmp_path_factory.mktemp("workers"), 2) as made:
        yield made


@settings(max_examples=200)
@given(rng=st.randoms(use_true_random=False))
def test_files_by_a_grammar(comparison: Comparison, rng: random.Random) -> None:
    """F24 to F26: taken or refused, at which line, with which values: as the oracle has it."""
    event(comparison.check(draw_case(rng)))


@settings(max_examples=40)
@given(rng=st.randoms(use_true_random=False))
def test_files_by_a_grammar_in_workers(with_workers: Comparison, rng: random.Random) -> None:
    """The same by two workers, also cut into parts."""
    event(with_workers.check(draw_case(rng)))


def test_corpus(comparison: Comparison) -> None:
    """Every input that once led the fuzzer to a new step, also packed and cut in another way."""
    cases = read_cases()
    assert len(cases) > 100
    assert CORPUS.stat().st_size < 200_000
    rng = random.Random(1)
    found = set()
    for case in cases:
        found.add(comparison.check(case))
        comparison.check(draw_reading(rng, case))
    assert {"taken", "taken, no rows"} < found
    assert len(found) > 10


def test_the_fuzzer_finds_steps(comparison: Comparison) -> None:
    """Kernels run as Python say the same, and new lines of the package lead to new cases."""
    fuzzer = Fuzzer(comparison, random.Random(2))
    assert fuzzer.try_case(Case(b"chr1\t5\t50\t1\t1\n" * 2))
    assert not fuzzer.try_case(Case(b"chr2\t6\t50\t1\t1\n" * 2))
    assert fuzzer.try_case(Case(b"chr1\t5\t50\t1\t1\n" * 2, {"duplicates": "sum"}))
    for _ in range(20):
        fuzzer.try_case(fuzzer.next_case())
    assert not fuzzer.failures
    chosen = fuzzer.smallest_corpus()
    assert len(chosen) <= len(fuzzer.corpus)
    assert set().union(*(fuzzer.steps(case)[1] for case in chosen)) >= fuzzer.reached


@pytest.mark.parametrize(
    ("text", "changed", "words"),
    [
        (b"c\t2147483647\t50\t1\t1\n", {"POS_MAX": 2**31 - 2}, "taken, but the oracle has"),
        (b"c\t2147483648\t50\t1\t1\n", {"POS_MAX": 2**31}, "refused, .*line 1"),
        (b"c\t5\t0\t0\t4294967296\n", {"UINT32_MAX": 2**33}, "refused, .*line 1"),
    ],
)
def test_a_difference_is_found(
    comparison: Comparison,
    monkeypatch: pytest.MonkeyPatch,
    text: bytes,
    changed: dict[str, int],
    words: str,
) -> None:
    """The comparison itself fails where the package and the oracle differ."""
    comparison.check(Case(text))
    for name, value in changed.items():
        monkeypatch.setattr(oracle, name, value)
    with pytest.raises(AssertionError, match=words):
        comparison.check(Case(text))


def test_trials(tmp_path: Path) -> None:
    """F23: a few of the soak's trials, of random files, any bytes and damaged gzip data."""
    for kind, seeds in (
        (Fuzz, [1]),
        (BrokenGzip, [2, 3, 4, 5]),
        (FuzzTables, [1]),
        (AnyBytes, [1]),
        (FuzzReferences, [1]),
        (FuzzAliases, [1]),
    ):
        folder = tmp_path / kind.__name__
        folder.mkdir()
        trial = kind(folder).trial
        assert trial(random.Random(seeds[0])) == trial(random.Random(seeds[0]))
        for seed in seeds[1:]:
            assert trial(random.Random(seed))
