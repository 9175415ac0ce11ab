locals {
  registry  = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.name}/noria"
  artifacts = "gs://${google_storage_bucket.buckets["artifacts"].name}"
}

output "installation_env" {
  description = "The cloud overlay's installation.env."
  value       = <<-TEXT
    IMAGE=${local.registry}:${var.image_tag}
    MLFLOW_IMAGE=${local.registry}:${var.image_tag}-mlflow
    ARTIFACTS_URI=${local.artifacts}/mlflow
    BACKUP_URI=gs://${google_storage_bucket.buckets["backups"].name}/kubeflow
    SQL_INSTANCE=${google_sql_database_instance.mlflow.connection_name}
    SQL_USER=${google_sql_user.mlflow.name}
    MLFLOW_ACCOUNT=${google_service_account.accounts["mlflow"].email}
    STEPS_ACCOUNT=${google_service_account.accounts["steps"].email}
    BACKUP_ACCOUNT=${google_service_account.accounts["backup"].email}
    MLFLOW_HOST=${var.mlflow_host}
    KUBEFLOW_HOST=${var.kubeflow_host}
    FILESTORE_ADDRESS=${google_filestore_instance.beam.networks[0].ip_addresses[0]}
  TEXT
}

output "cloud_target" {
  description = "What configs/targets/cloud.yaml has to say of this installation."
  value = yamlencode({
    host          = "https://${var.kubeflow_host}"
    image         = "${local.registry}:${var.image_tag}"
    gpu_image     = "${local.registry}:${var.image_tag}-gpu"
    pipeline_root = "${local.artifacts}/runs"
    tracking = {
      uri       = "http://mlflow.noria.svc.cluster.local:5000"
      local_uri = "https://${var.mlflow_host}"
    }
  })
}

output "vertex_target" {
  description = "What configs/targets/vertex.yaml has to say of this installation."
  value = yamlencode({
    project         = var.project
    location        = var.region
    image           = "${local.registry}:${var.image_tag}"
    pipeline_root   = "${local.artifacts}/vertex"
    service_account = google_service_account.accounts["pipelines"].email
    tracking        = { uri = "https://${var.mlflow_host}" }
  })
}

output "mlflow_address" {
  description = "Where MLflow's host name has to point."
  value       = google_compute_global_address.mlflow.address
}

output "kubeflow_address" {
  description = "Where Kubeflow Pipelines' host name has to point."
  value       = google_compute_global_address.kubeflow.address
}

output "credentials_command" {
  description = "Makes kubectl point to the cluster."
  value       = "gcloud container clusters get-credentials ${google_container_cluster.cluster.name} --region ${var.region} --project ${var.project}"
}
