"""Files with small changes, for tests of what is taken and what is refused."""

from hypothesis import strategies as st

BYTES = b" \t\n\r#.,-+0129aNeEx\"'_%\x00\x01\x0b\x7f\xff\xc3/:"


@st.composite
def mutated(draw: st.DrawFn, texts: st.SearchStrategy[bytes], least: int, most: int) -> bytes:
    """A text with a few small changes of bytes and lines."""
    text = draw(texts)
    for _ in range(draw(st.integers(least, most))):
        at = draw(st.integers(0, max(0, len(text) - 1)))
        byte = bytes([draw(st.sampled_from(BYTES))])
        lines = text.split(b"\n")
        i, j = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["replace", "insert", "delete", "copy", "swap", "drop", "cut"])):
            case "replace":
                text = text[:at] + byte + text[at + 1 :]
            case "insert":
                text = text[:at] + byte + text[at:]
            case "delete":
                text = text[:at] + text[at + 1 :]
            case "copy":
                text = b"\n".join([*lines[: i + 1], *lines[j:]])
            case "swap":
                lines[i], lines[j] = lines[j], lines[i]
                text = b"\n".join(lines)
            case "drop":
                text = b"\n".join(lines[:i] + lines[i + 1 :])
            case "cut":
                text = text[:at]
    return text
