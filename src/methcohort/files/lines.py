"""The lines of a text file one by one, for small formats; and what is said of a faulty file."""

from collections.abc import Iterator

from ..core.errors import InputError
from .sniff import describe_kind
from .text import TextFault, TextFile


class DamagedError(InputError):
    """A file is damaged, so that none of its rows counts."""


class Lines:
    """A plain or gzip text file as lines of bytes without their ends; iterate over it once.

    Memory holds one block of text. Raises InputError where the file is missing, empty, damaged or
    has too long a line.

    Attributes
    ----------
    number : of the line that came last; the first is 1
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.number = 0
        self._text = TextFile(path)

    def __iter__(self) -> Iterator[bytes]:
        try:
            for start, stop in self._text.blocks():
                for line in bytes(self._text.buffer[start : stop - 1]).split(b"\n"):
                    self.number += 1
                    yield line.removesuffix(b"\r")
        except TextFault as fault:
            raise explained(self._text, self.number, fault) from fault
        finally:
            self._text.close()

    def sha256(self) -> str:
        """Return the SHA-256 of the file's bytes in hexadecimal, after the last line."""
        return self._text.sha256()

    def fault(self, reason: str) -> InputError:
        """Return the error for the line that came last."""
        error = InputError(f"{self.path}, line {self.number}: {reason}")
        return explained(self._text, self.number - 1, error)


def explained(text: TextFile, n_lines: int, fault: TextFault | InputError) -> InputError:
    """Return the error for a fault behind so many lines.

    That the file changed, is damaged or no text comes first: it explains any line.
    """
    fault = text.changed() or fault
    of_file = isinstance(fault, TextFault) and not fault.in_line
    damage = fault if of_file else text.damage()
    if damage is not None:
        after = f", after line {n_lines}" if n_lines else ""
        return DamagedError(f"{text.path}{after}: {damage}")
    kind = describe_kind(text.start, text.path)
    if kind is None and isinstance(fault, InputError):
        return fault
    return InputError(f"{text.path}, line {n_lines + 1}: {kind or fault}")
