"""What stands for the format `custom` until the configuration and the file are known."""

from typing import Final

from ._format import Format

FORMATS: Final = (
    Format(
        name="custom",
        title="custom",
        columns=("chr", "pos", "c", "t"),
        base=1,
        more=True,
        needs_header=True,
    ),
)
