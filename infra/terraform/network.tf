resource "google_compute_network" "network" {
  name                    = var.name
  auto_create_subnetworks = false

  depends_on = [google_project_service.services]
}

resource "google_compute_subnetwork" "nodes" {
  name                     = "${var.name}-nodes"
  network                  = google_compute_network.network.id
  region                   = var.region
  ip_cidr_range            = "10.10.0.0/20"
  private_ip_google_access = true

  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = "10.20.0.0/14"
  }

  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = "10.24.0.0/20"
  }
}

# Nodes have no address of their own; images and packages come through here.
resource "google_compute_router" "router" {
  name    = var.name
  network = google_compute_network.network.id
  region  = var.region
}

resource "google_compute_router_nat" "nat" {
  name                               = var.name
  router                             = google_compute_router.router.name
  region                             = var.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"
}

# Cloud SQL and Filestore are reached inside the network only.
resource "google_compute_global_address" "private_services" {
  name          = "${var.name}-private-services"
  network       = google_compute_network.network.id
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
}

resource "google_service_networking_connection" "private_services" {
  network                 = google_compute_network.network.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.private_services.name]
}

# Addresses and certificates by the names that the Ingresses of the cloud overlay carry.
resource "google_compute_global_address" "mlflow" {
  name = "noria-mlflow"

  depends_on = [google_project_service.services]
}

resource "google_compute_global_address" "kubeflow" {
  name = "noria-kubeflow"

  depends_on = [google_project_service.services]
}

resource "google_compute_managed_ssl_certificate" "mlflow" {
  name = "noria-mlflow"

  managed {
    domains = [var.mlflow_host]
  }
}

resource "google_compute_managed_ssl_certificate" "kubeflow" {
  name = "noria-kubeflow"

  managed {
    domains = [var.kubeflow_host]
  }
}

resource "google_iap_web_iam_member" "kubeflow" {
  for_each = var.kubeflow_users

  project = var.project
  role    = "roles/iap.httpsResourceAccessor"
  member  = each.value
}
