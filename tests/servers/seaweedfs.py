"""A real S3 server: SeaweedFS, which KFP deploys, too. It checks signatures; a wrong secret is refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.processes import free_ports, running

_WEED = Path(sys.executable).parent / "weed"


@dataclass(frozen=True)
class S3Server:
    """How to reach it.

    Attributes:
        endpoint: Its address.
        access_key: Name of an account that may read and write ``bucket``.
        secret_key: Its password.
        bucket: A bucket that exists.
    """

    endpoint: str
    access_key: str
    secret_key: str
    bucket: str

    def client(self, secret_key: str = "") -> Any:
        """A boto3 client."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=secret_key or self.secret_key,
            config=Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}),
        )


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Serves from ``folder`` with one account."""
    master, master_grpc, volume, volume_grpc, filer, filer_grpc, s3, s3_grpc = free_ports(8)
    account = {
        "name": "steps",
        "credentials": [{"accessKey": "steps", "secretKey": "not-a-real-secret"}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [account]}))
    (folder / "data").mkdir()
    command = [str(_WEED), f"-logdir={folder}", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    command += [f"-dir={folder / 'data'}"]
    command += [f"-master.port={master}", f"-master.port.grpc={master_grpc}", "-master.telemetry=false"]
    command += [f"-volume.port={volume}", f"-volume.port.grpc={volume_grpc}", "-volume.max=20"]
    command += ["-master.volumeSizeLimitMB=64", "-filer", f"-filer.port={filer}"]
    command += [f"-filer.port.grpc={filer_grpc}", "-s3", f"-s3.port={s3}", f"-s3.port.grpc={s3_grpc}"]
    # Else these listen on ports of their own choice, which another server may have.
    command += [f"-s3.config={folder / 's3.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    server = S3Server(f"http://127.0.0.1:{s3}", "steps", "not-a-real-secret", "artifacts")
    try:
        with running(command, folder / "seaweedfs.log", server.endpoint, grace=1.0):
            server.client().create_bucket(Bucket=server.bucket)
            yield server
    finally:
        for port in (master_grpc, volume_grpc, filer, filer_grpc, s3, s3_grpc):
            for socket in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                socket.unlink()
