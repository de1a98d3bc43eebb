"""Files on object storage: real runs of the workflow with a local S3 server."""

import contextlib
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from projects import NOTHING, Project, outputs

import methcohort

boto3 = pytest.importorskip("boto3")
pytest.importorskip("snakemake_storage_plugin_s3")
server = pytest.importorskip("moto.server")

BUCKET = "cohorts"


@pytest.fixture
def endpoint() -> Iterator[str]:
    """An S3 server of this machine, with nothing in it."""
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def remote(tmp_path: Path, endpoint: str) -> "RemoteProject":
    return RemoteProject(tmp_path / "my project", endpoint)


class RemoteProject(Project):
    """A project of which two files of three are objects of a bucket, one of them gzip."""

    def __init__(self, directory: Path, endpoint: str) -> None:
        super().__init__(directory, "basic")
        # The process that runs Snakemake without its start need not know the plugin.
        self.environment = self.environment | {
            "SNAKEMAKE_STORAGE_S3_ENDPOINT_URL": endpoint,
            "SNAKEMAKE_STORAGE_S3_ACCESS_KEY": "user",
            "SNAKEMAKE_STORAGE_S3_SECRET_KEY": "secret",
        }
        self.bucket: Any = boto3.resource(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="user",
            aws_secret_access_key="secret",
        ).create_bucket(Bucket=BUCKET)
        text = {k: (directory / "data" / f"s{k}.txt").read_bytes() for k in (1, 2)}
        self.put("calls of 2026/s1.txt", text[1])
        self.put("s2.txt.gz", gzip.compress(text[2], mtime=0))
        for k, key in ((1, "calls of 2026/s1.txt"), (2, "s2.txt.gz")):
            (directory / "data" / f"s{k}.txt").unlink()
            self.replace("config/samples.tsv", f"data/s{k}.txt", f"s3://{BUCKET}/{key}")

    def put(self, key: str, data: bytes) -> None:
        self.bucket.put_object(Key=key, Body=data)

    def digest(self) -> str:
        digest: str = methcohort.info(self.store("basic"))["digest"]
        return digest


def test_a_build_from_a_bucket(remote: RemoteProject, tmp_path: Path) -> None:
    """In parts: the store has the digest of one of local files, and names the objects."""
    local = Project(tmp_path / "local", "basic")
    local.run()
    remote.configure(scatter={"batches": 2})
    remote.run()
    assert remote.files() == outputs("basic")
    with contextlib.chdir(local.directory):
        assert remote.digest() == methcohort.info("results/basic.h5")["digest"]
    inputs = methcohort.info(remote.store("basic"))["inputs"]
    assert [one["path"] for one in inputs] == [
        f"s3://{BUCKET}/calls of 2026/s1.txt",
        f"s3://{BUCKET}/s2.txt.gz",
        "data/s3.txt",
    ]
    assert NOTHING in remote.run()
    assert NOTHING in remote.run("--dry-run")


def test_objects_that_change_or_are_missing(remote: RemoteProject) -> None:
    """In one job: an object is read again where it has changed, and told where it is missing."""
    remote.run()
    before = remote.digest()
    remote.put("s2.txt.gz", gzip.compress(b"chr1\t10\t50.0\t1\t1\n"))
    assert remote.builds() == {"basic"}
    remote.run()
    assert remote.digest() != before
    log = remote.directory / "logs" / "build_store" / "basic.log"
    assert "2 of 3 samples are taken from results/basic.h5" in log.read_text()
    assert NOTHING in remote.run()

    store = remote.store("basic").read_bytes()
    sheet = remote.directory / "config" / "samples.tsv"
    sheet.write_text(f"{sheet.read_text()}s4\ts3://{BUCKET}/none.txt\tbasic\tf\n")
    assert (
        f"no rule makes them; fix the sheet or the configuration:\ns3://{BUCKET}/none.txt"
        in remote.fail()
    )
    assert remote.store("basic").read_bytes() == store
