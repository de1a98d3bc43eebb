"""Stores that are made in every way: built, grown, and built in several jobs."""

import random
from typing import Any

from .options import BARE, REFERENCE, TOLD
from .texts import Case, Line, Texts, first
from .ways import GROWTH

FEW = ("merged", "added", "removed")


def growth(texts: Texts) -> dict[str, Case]:
    """Stores of several configurations, each with the ways that lead to it."""
    told = [texts.call(f"grown {k}", first(form), form) for k, form in enumerate(TOLD)]
    bare = [texts.call(f"grown bare {k}", first(form)) for k, form in enumerate(BARE)]
    told = [line | {"group": f"g{k}"} for k, line in enumerate(told)]
    one: dict[str, Any] = {"strands": "collapse", "chunks": [2, 256]}
    return {
        "union": Case(bare[:4], {}, GROWTH, spare=bare[4]),
        "collapse": Case(told[:4], one | REFERENCE, GROWTH, spare=told[4]),
        "told": Case(told[:4], {"uncovered": "keep"}, FEW, spare=told[4]),
        "bed": Case(
            bare[:4],
            {"sites": "in/spans.bed", "chunks": [3, 512], "layers": ["c", "t"]},
            FEW,
            spare=bare[4],
        ),
        "min_samples": Case(
            told[:4], {"min_samples": 2}, ("added", "removed", "scattered"), spare=told[4]
        ),
        "reference": Case(bare[:4], {"sites": "reference"} | REFERENCE, FEW, spare=bare[4]),
        "blocks": Case(long_texts(texts), {"chunks": [2, 16384]}, ("two_workers", "added")),
    }


def long_texts(texts: Texts) -> list[Line]:
    """More sites than a block of digests has, of which each sample has most."""
    draw, pos = random.Random("blocks").random, 0
    lines: list[list[str]] = [[], [], []]
    for _ in range(70_000):
        pos += 1 + int(9 * draw())
        for one in lines:
            c, t = int(30 * draw()), int(9 * draw())
            if c + t and draw() < 0.9:
                one.append(f"chr1\t{pos}\t{100 * c / (c + t):.2f}\t{c}\t{t}\n")
    return [texts.write(f"long {k}", "".join(one)) for k, one in enumerate(lines)]
