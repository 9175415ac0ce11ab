"""Makes the buckets that BUCKETS names (with commas between); those that exist are left alone."""

import os
import time

import boto3
from botocore.exceptions import BotoCoreError, ClientError

SECONDS = 120


def main() -> None:
    """Tries until the server answers, for two minutes."""
    client = boto3.client("s3", endpoint_url=os.environ["MLFLOW_S3_ENDPOINT_URL"], region_name="us-east-1")
    deadline = time.monotonic() + SECONDS
    for bucket in os.environ["BUCKETS"].split(","):
        while True:
            try:
                client.create_bucket(Bucket=bucket)
                print(f"made {bucket}")
                break
            except (client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
                print(f"{bucket} exists")
                break
            except (BotoCoreError, ClientError) as failure:
                if time.monotonic() > deadline:
                    raise
                print(f"waiting for the object store (up to {SECONDS} s): {failure}", flush=True)
                time.sleep(2)


if __name__ == "__main__":
    main()
