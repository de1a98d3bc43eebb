"""Files made row by row."""


def modkit(pos: int, code: str, c: int, t: int, strand: str = "+") -> str:
    n = c + t
    start = f"chr1\t{pos - 1}\t{pos}"
    pct = 100 * c / n if n else 0
    return (
        f"{start}\t{code}\t{n}\t{strand}\t{pos - 1}\t{pos}\t255,0,0\t{n}\t{pct:.2f}\t{c}\t{t}"
        + ("\t0" * 5)
    )


def five(pos: int, c: int, t: int) -> str:
    return f"chr1\t{pos}\t{100 * c / (c + t):.4f}\t{c}\t{t}"
