# Who may do what. No account has a key: pods get theirs by Workload Identity.
locals {
  # What it is for -> what its description says.
  accounts = {
    nodes     = "The cluster's machines: logs, metrics, images."
    mlflow    = "The MLflow server: its database and artifacts."
    steps     = "Steps of pipelines on Kubeflow, and Beam's workers there: artifacts."
    backup    = "Backups of Kubeflow Pipelines' database."
    pipelines = "Steps of pipelines on Vertex AI, and Dataflow's workers: artifacts."
  }

  # Kubernetes accounts (namespace/name) that speak as them.
  workloads = {
    "noria/mlflow"          = "mlflow"
    "kubeflow/noria-steps"  = "steps"
    "noria/noria-flink"     = "steps"
    "kubeflow/mysql-backup" = "backup"
  }

  project_roles = {
    "nodes/logs"         = { account = "nodes", role = "roles/logging.logWriter" }
    "nodes/metrics"      = { account = "nodes", role = "roles/monitoring.metricWriter" }
    "nodes/metadata"     = { account = "nodes", role = "roles/stackdriver.resourceMetadata.writer" }
    "mlflow/connect"     = { account = "mlflow", role = "roles/cloudsql.client" }
    "mlflow/login"       = { account = "mlflow", role = "roles/cloudsql.instanceUser" }
    "pipelines/vertex"   = { account = "pipelines", role = "roles/aiplatform.user" }
    "pipelines/logs"     = { account = "pipelines", role = "roles/logging.logWriter" }
    "pipelines/dataflow" = { account = "pipelines", role = "roles/dataflow.developer" }
    "pipelines/workers"  = { account = "pipelines", role = "roles/dataflow.worker" }
  }

  bucket_roles = {
    "mlflow/artifacts"    = { account = "mlflow", bucket = "artifacts" }
    "steps/artifacts"     = { account = "steps", bucket = "artifacts" }
    "pipelines/artifacts" = { account = "pipelines", bucket = "artifacts" }
    "backup/backups"      = { account = "backup", bucket = "backups" }
  }
}

resource "google_service_account" "accounts" {
  for_each = local.accounts

  account_id  = "${var.name}-${each.key}"
  description = each.value

  depends_on = [google_project_service.services]
}

resource "google_project_iam_member" "roles" {
  for_each = local.project_roles

  project = var.project
  role    = each.value.role
  member  = google_service_account.accounts[each.value.account].member
}

resource "google_storage_bucket_iam_member" "objects" {
  for_each = local.bucket_roles

  bucket = google_storage_bucket.buckets[each.value.bucket].name
  role   = "roles/storage.objectUser"
  member = google_service_account.accounts[each.value.account].member
}

resource "google_artifact_registry_repository_iam_member" "readers" {
  for_each = toset(["nodes", "pipelines"])

  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.accounts[each.value].member
}

resource "google_service_account_iam_member" "workloads" {
  for_each = local.workloads

  service_account_id = google_service_account.accounts[each.value].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.project}.svc.id.goog[${each.key}]"

  # The pool of identities comes with the cluster.
  depends_on = [google_container_cluster.cluster]
}

# A Vertex AI run starts Dataflow jobs as the account that it has itself.
resource "google_service_account_iam_member" "pipelines_as_itself" {
  service_account_id = google_service_account.accounts["pipelines"].name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.accounts["pipelines"].member
}
