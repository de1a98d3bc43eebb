"""Which share of the samples or sites a step of a scattered build takes."""

import re
from typing import NamedTuple

from ..core.errors import ConfigError


class Share(NamedTuple):
    """Which of so many shares, counted from 1."""

    number: int
    n_shares: int

    @classmethod
    def parse(cls, text: str, option: str) -> "Share":
        """Return what a text such as `2/8` means. Raises ConfigError."""
        match = re.fullmatch(r"([0-9]{1,7})/([0-9]{1,7})", text)
        share = cls(int(match[1]), int(match[2])) if match else cls(0, 0)
        if not 1 <= share.number <= share.n_shares:
            message = (
                f"found {option} {text[:80]}; expected a number and how many there are, as in 2/8, "
                "counted from 1"
            )
            raise ConfigError(message)
        return share

    def of(self, n: int) -> tuple[int, int]:
        """Return where this share of n things begins and ends."""
        start, stop = (k * n // self.n_shares for k in (self.number - 1, self.number))
        return start, stop

    def __str__(self) -> str:
        return f"{self.number} of {self.n_shares}"
