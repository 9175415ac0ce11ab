# Two buckets: an account that may write artifacts may not touch backups.
resource "google_storage_bucket" "buckets" {
  for_each = toset(["artifacts", "backups"])

  name                        = "${var.project}-${var.name}-${each.value}"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  versioning {
    enabled = true
  }

  lifecycle_rule {
    condition {
      num_newer_versions = 3
      with_state         = "ARCHIVED"
    }

    action {
      type = "Delete"
    }
  }

  depends_on = [google_project_service.services]
}

resource "google_artifact_registry_repository" "images" {
  repository_id = var.name
  location      = var.region
  format        = "DOCKER"
  description   = "Noria's images"

  docker_config {
    immutable_tags = true
  }

  depends_on = [google_project_service.services]
}

# MLflow's databases. Backed up by Cloud SQL, with recovery to any second of the last week.
resource "google_sql_database_instance" "mlflow" {
  name                = var.name
  database_version    = "POSTGRES_15"
  region              = var.region
  deletion_protection = var.deletion_protection

  settings {
    tier              = var.database_tier
    availability_type = "REGIONAL"
    disk_autoresize   = true

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.network.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    database_flags {
      name  = "cloudsql.iam_authentication"
      value = "on"
    }

    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7
      start_time                     = "02:00"

      backup_retention_settings {
        retained_backups = 30
      }
    }
  }

  depends_on = [google_service_networking_connection.private_services]
}

resource "google_sql_database" "databases" {
  for_each = toset(["mlflow", "mlflow_auth"])

  name     = each.value
  instance = google_sql_database_instance.mlflow.name
}

# MLflow's account logs in with its identity; there is no password.
resource "google_sql_user" "mlflow" {
  name     = trimsuffix(google_service_account.accounts["mlflow"].email, ".gserviceaccount.com")
  instance = google_sql_database_instance.mlflow.name
  type     = "CLOUD_IAM_SERVICE_ACCOUNT"
}

# What steps and Beam's workers hand to each other.
resource "google_filestore_instance" "beam" {
  name     = "${var.name}-beam"
  location = "${var.region}-a"
  tier     = "BASIC_HDD"

  file_shares {
    name        = "noria"
    capacity_gb = 1024
  }

  networks {
    network = google_compute_network.network.name
    modes   = ["MODE_IPV4"]
  }

  depends_on = [google_project_service.services]
}
