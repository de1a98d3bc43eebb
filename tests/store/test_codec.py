"""The checksum of chunks is that of HDF5."""

import h5py
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from methcohort.store.codec import fletcher32, with_checksum, without_checksum

RUNS = st.builds(bytes.__mul__, st.binary(min_size=1, max_size=9), st.integers(1, 9000))


def stored_by_hdf5(data: bytes) -> bytes:
    """What HDF5 puts into a file for these bytes."""
    values = np.frombuffer(data, np.uint8)
    with h5py.File("any.h5", "w", driver="core", backing_store=False) as file:
        dataset = file.create_dataset("x", data=values, chunks=values.shape, fletcher32=True)
        file.flush()
        stored: bytes = dataset.id.read_direct_chunk((0,))[1]
        return stored


@given(data=st.binary(min_size=1, max_size=300) | RUNS)
@example(bytes(1))
@example(bytes(100_001))
@example(b"\xff" * 2)
@example(b"\xff" * 65_537)
@example(b"\xff" * 2_000_000)
@example(b"\x80\x00\x7f\xff")
@example(b"\0\1\xff\xfe" * 40_000)
def test_as_hdf5_has_it(data: bytes) -> None:
    """Of any bytes, also of odd length, and where sums are multiples of 65535."""
    stored = stored_by_hdf5(data)
    assert with_checksum(data) == stored
    assert bytes(without_checksum(stored)) == data


def test_long_random_bytes() -> None:
    rng = np.random.default_rng(1)
    for size in (16_384, 16_385, 32_768, 99_999, 1 << 20):
        data = rng.bytes(size)
        assert with_checksum(data) == stored_by_hdf5(data)


def test_every_flipped_bit() -> None:
    """Of the bytes or of the checksum: no single one passes."""
    for data in (np.random.default_rng(2).bytes(301), bytes(64), b"\xff" * 64):
        stored = with_checksum(data)
        for k in range(8 * len(stored)):
            flipped = bytearray(stored)
            flipped[k // 8] ^= 1 << k % 8
            with pytest.raises(ValueError, match="checksum"):
                without_checksum(bytes(flipped))


@pytest.mark.parametrize("size", range(4))
def test_shorter_than_a_checksum(size: int) -> None:
    assert fletcher32(b"") == 0
    if size:
        with pytest.raises(ValueError, match="checksum"):
            without_checksum(b"\1" * size)
