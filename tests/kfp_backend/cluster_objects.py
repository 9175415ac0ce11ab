"""What is in the stand-in's cluster from the start, and the API server's configuration: what KFP's manifests
put there, as far as it matters here.
"""

from __future__ import annotations

import base64

from tests.kfp_backend.kube_store import KubeStore

NAMESPACE = "kubeflow"
ACCESS_KEY, SECRET_KEY = "noria-test-key", "noria-test-secret"
# Argo's defaults for workflows: as KFP 2.17 installs them, and as infra/kustomize/base/kubeflow changes them.
AS_RELEASED = """\
spec:
  templateDefaults:
    retryStrategy: {limit: '2', retryPolicy: OnError}
"""
AS_INSTALLED = AS_RELEASED.replace("'2'", "'0'").replace("OnError", "Always")
_ARGO = {
    "metricsConfig": "enabled: false\n",
    "telemetryConfig": "enabled: false\n",
    "artifactRepository": (
        "archiveLogs: true\n"
        "s3:\n  endpoint: seaweedfs.kubeflow:9000\n  bucket: mlpipeline\n  insecure: true\n"
        "  keyFormat: private-artifacts/{{workflow.namespace}}/{{workflow.name}}/{{pod.name}}\n"
        "  accessKeySecret: {name: mlpipeline-minio-artifact, key: accesskey}\n"
        "  secretKeySecret: {name: mlpipeline-minio-artifact, key: secretkey}\n"
    ),
}
API_SERVER_FILES = {
    "config.json": (
        '{"DBConfig": {"MySQLConfig": {"DBName": "mlpipeline", "GroupConcatMaxLen": "4194304"},'
        ' "ConMaxLifeTime": "120s"}, "ObjectStoreConfig": {"BucketName": "mlpipeline", "PipelinePath":'
        ' "pipelines"}, "DBDriverName": "mysql", "ARCHIVE_CONFIG_LOG_FILE_NAME": "main.log",'
        ' "ARCHIVE_CONFIG_LOG_PATH_PREFIX": "/artifacts", "InitConnectionTimeout": "1m",'
        ' "DEFAULTPIPELINERUNNERSERVICEACCOUNT": "pipeline-runner", "CacheEnabled": "true"}'
    ),
    "samples.json": '{"pipelinesName": []}',
}


def create_objects(store: KubeStore, workflow_defaults: str) -> None:
    """Configuration, secrets and accounts that KFP's programs and the compiled pipelines name."""
    launcher = {"defaultPipelineRoot": "minio://mlpipeline/v2/artifacts"}
    argo = {**_ARGO, "workflowDefaults": workflow_defaults}
    for name, data in (("kfp-launcher", launcher), ("workflow-controller-configmap", argo)):
        body = {"kind": "ConfigMap", "apiVersion": "v1", "data": data}
        store.create(("", "configmaps", NAMESPACE, name), body)
    keys = {"accesskey": ACCESS_KEY, "secretkey": SECRET_KEY}
    mlflow = {"username": "noria", "password": "noria"}
    for name, data in (("mlpipeline-minio-artifact", keys), ("noria-mlflow-client", mlflow)):
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
        store.create(
            ("", "secrets", NAMESPACE, name), {"kind": "Secret", "apiVersion": "v1", "data": encoded}
        )
    for name in ("pipeline-runner", "noria-steps", "default"):
        body = {"kind": "ServiceAccount", "apiVersion": "v1"}
        store.create(("", "serviceaccounts", NAMESPACE, name), body)
