"""A stand-in for kubectl that infra/secrets.sh can talk to: secrets in a folder instead of a cluster.

Understands ``get secret NAME --namespace N ... --output go-template=...`` for one key, and ``apply`` of a
JSON document. FAKE_CLUSTER names the folder.
"""

import json
import os
import re
import sys
from pathlib import Path


def main(arguments: list[str]) -> None:
    """Carries out one command line of kubectl."""
    folder = Path(os.environ["FAKE_CLUSTER"])
    if "apply" in arguments:
        document = json.load(sys.stdin)
        path = folder / document["metadata"]["namespace"] / f"{document['metadata']['name']}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document))
    elif "get" in arguments:
        namespace = arguments[arguments.index("--namespace") + 1]
        path = folder / namespace / f"{arguments[arguments.index('secret') + 1]}.json"
        key = re.search(r'index \. "([^"]+)"', " ".join(arguments))
        if path.exists() and key:
            sys.stdout.write(json.loads(path.read_text())["data"].get(key[1], ""))
    else:
        sys.exit(f"the stand-in for kubectl does not know: {arguments}")


if __name__ == "__main__":
    main(sys.argv[1:])
