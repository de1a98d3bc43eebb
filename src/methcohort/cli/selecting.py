"""The options of a selection, which several commands share."""

from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from ..select import Selection, Store, sample_names, split_regions

_OPTIONS: Final = (
    click.option(
        "-r",
        "--region",
        "regions",
        metavar="REGION",
        multiple=True,
        help="Such as chr1, chr1:5, chr1:1,000-2,000 or chr1:1M-; several by commas or repeated.",
    ),
    click.option(
        "-R",
        "--regions-file",
        metavar="BED",
        help="Regions of a file .bed or .bed.gz, 0-based and half-open.",
    ),
    click.option(
        "--exclude-regions",
        "--blacklist",
        "exclude_regions",
        metavar="BED",
        help="Leave out the sites of these regions.",
    ),
    click.option(
        "--chrom",
        "chroms",
        metavar="PATTERN",
        multiple=True,
        help="Chromosomes to take, such as chr1 or 'chr*'; repeatable.",
    ),
    click.option(
        "--exclude-chrom",
        "exclude_chroms",
        metavar="PATTERN",
        multiple=True,
        help="Chromosomes to leave out; repeatable.",
    ),
    click.option(
        "--context",
        "contexts",
        metavar="NAME,...",
        multiple=True,
        help="Sites of this context: CpG, CHG, CHH, mixed or unknown.",
    ),
    click.option(
        "--strand",
        "strands",
        metavar="NAME,...",
        multiple=True,
        help="Sites of this strand: +, -, both or unknown.",
    ),
    click.option(
        "-s",
        "--sample",
        "samples",
        metavar="NAME,...",
        multiple=True,
        help="Samples, in this order; ^a,b takes all but a and b.",
    ),
    click.option(
        "-S", "--sample-file", metavar="FILE", help="Samples of a file with a name in each line."
    ),
    click.option(
        "--where",
        metavar="CONDITION",
        help="Samples by the sheet, such as \"group == 'case' and age > 50\".",
    ),
)


class Selecting(NamedTuple):
    """What the options of a command say of samples and sites."""

    regions: tuple[str, ...]
    regions_file: str | None
    exclude_regions: str | None
    chroms: tuple[str, ...]
    exclude_chroms: tuple[str, ...]
    contexts: tuple[str, ...]
    strands: tuple[str, ...]
    samples: tuple[str, ...]
    sample_file: str | None
    where: str | None

    def with_regions(self, regions: Iterable[str]) -> "Selecting":
        """Return the same with further regions before its own."""
        return self._replace(regions=(*regions, *self.regions))

    @property
    def names_sites(self) -> bool:
        """Whether it says which regions or chromosomes are meant."""
        return bool(self.regions or self.regions_file or self.chroms)

    def regions_of(self, store: Store) -> list[str | Path]:
        """Return the regions, one by one, and the file of regions, if any."""
        named = [one for text in self.regions for one in split_regions(text, store.chroms)]
        return [*named, *([Path(self.regions_file)] if self.regions_file else [])]

    def arguments(self, store: Store) -> dict[str, Any]:
        """Return what it says as arguments of `Store.select`, by name."""
        chroms = [*self.chroms, *(f"^{pattern}" for pattern in self.exclude_chroms)]
        return {
            "regions": self.regions_of(store) or None,
            "samples": sample_names(store, self.samples, self.sample_file),
            "where": self.where,
            "chroms": chroms or None,
            "contexts": _split(self.contexts) or None,
            "strand": _split(self.strands) or None,
            "exclude_regions": Path(self.exclude_regions) if self.exclude_regions else None,
        }

    def select(self, store: Store, min_coverage: int = 1) -> Selection:
        """Return what is selected of a store. Raises what `Store.select` raises."""
        return store.select(**self.arguments(store), min_coverage=min_coverage)


def _split(texts: Iterable[str]) -> list[str]:
    """Return names that are given between commas, in one option or several."""
    return [name for text in texts for name in text.split(",")]


def selection(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a selection; it gets them as one, `selecting`."""

    @wraps(function)
    def command(**given: Any) -> Any:
        own = Selecting(**{name: given.pop(name) for name in Selecting._fields})
        return function(selecting=own, **given)

    for option in reversed(_OPTIONS):
        command = option(command)
    return command
