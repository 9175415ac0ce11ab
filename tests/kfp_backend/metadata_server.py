"""ML Metadata's gRPC service around the store of the ml_metadata package (its own C++ code, on SQLite).

KFP 2.17's driver and launcher keep executions and artifacts there; on a cluster it has a deployment.
"""

from __future__ import annotations

import sys
import threading
from concurrent import futures
from pathlib import Path
from typing import Any


def serve(address: str, database: Path) -> Any:
    """Starts the service in this process; returns the server."""
    import grpc
    from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store as cpp
    from ml_metadata.proto import metadata_store_pb2, metadata_store_service_pb2

    connection = metadata_store_pb2.ConnectionConfig()
    connection.sqlite.filename_uri = str(database)
    migration = metadata_store_pb2.MigrationOptions()
    store = cpp.CreateMetadataStore(connection.SerializeToString(), migration.SerializeToString())
    lock = threading.Lock()
    codes = {code.value[0]: code for code in grpc.StatusCode}

    def handler(method: Any) -> Any:
        def call(request: bytes, context: Any) -> bytes:
            with lock:
                response, message, status = method(store, request)
            if status:
                context.abort(codes[status], message if isinstance(message, str) else message.decode())
            return bytes(response)

        return grpc.unary_unary_rpc_method_handler(call)

    service = metadata_store_service_pb2.DESCRIPTOR.services_by_name["MetadataStoreService"]
    handlers = {m.name: handler(getattr(cpp, m.name)) for m in service.methods if hasattr(cpp, m.name)}
    server = grpc.server(futures.ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))
    server.add_insecure_port(address)
    server.start()
    return server


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2])).wait_for_termination()
