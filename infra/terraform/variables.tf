variable "project" {
  description = "Id of the Google Cloud project, which exists and has billing."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project id has 6 to 30 lower-case letters, digits and hyphens and starts with a letter."
  }
}

variable "region" {
  description = "Region of everything, e.g. europe-west4 (it has L4 accelerators and Vertex AI Pipelines)."
  type        = string
  default     = "europe-west4"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "Expected a region such as europe-west4, not a zone."
  }
}

variable "name" {
  description = "Prefix of what is made here."
  type        = string
  default     = "noria"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,13}$", var.name))
    error_message = "Expected 2 to 14 lower-case letters, digits and hyphens; service account ids are made of it."
  }
}

variable "mlflow_host" {
  description = "Host name under which MLflow is reached; its DNS record points to the output mlflow_address."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.mlflow_host))
    error_message = "Expected a host name such as mlflow.example.com."
  }
}

variable "kubeflow_host" {
  description = "Host name under which Kubeflow Pipelines is reached; its DNS record points to the output kubeflow_address."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.kubeflow_host))
    error_message = "Expected a host name such as kubeflow.example.com."
  }
}

variable "kubeflow_users" {
  description = "Who may pass the Identity-Aware Proxy before Kubeflow Pipelines, e.g. group:ml@example.com."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for user in var.kubeflow_users : can(regex("^(user|group|serviceAccount|domain):", user))])
    error_message = "Expected user:..., group:..., serviceAccount:... or domain:...; never allUsers."
  }
}

variable "control_plane_networks" {
  description = "CIDR ranges from which kubectl may reach the cluster."
  type        = set(string)

  validation {
    condition     = alltrue([for range in var.control_plane_networks : can(cidrhost(range, 0)) && range != "0.0.0.0/0"])
    error_message = "Expected CIDR ranges, e.g. 203.0.113.0/24, and not the whole internet."
  }
}

variable "image_tag" {
  description = "Tag of the images that were pushed to the registry."
  type        = string
  default     = "0.1.0"

  validation {
    condition     = var.image_tag != "latest" && can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.image_tag))
    error_message = "Expected a fixed tag, not latest."
  }
}

variable "database_tier" {
  description = "Machine type of Cloud SQL."
  type        = string
  default     = "db-custom-2-7680"

  validation {
    condition     = startswith(var.database_tier, "db-")
    error_message = "Expected a Cloud SQL tier such as db-custom-2-7680."
  }
}

variable "gpu_type" {
  description = "Accelerator of the pool that trains."
  type        = string
  default     = "nvidia-l4"

  validation {
    condition     = startswith(var.gpu_type, "nvidia-")
    error_message = "Expected an accelerator type such as nvidia-l4."
  }
}

variable "gpu_nodes" {
  description = "Largest number of nodes with an accelerator; there are none while nothing asks for one."
  type        = number
  default     = 2

  validation {
    condition     = var.gpu_nodes >= 0 && var.gpu_nodes <= 50
    error_message = "Expected 0 to 50."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to remove the cluster, the database and buckets that hold something."
  type        = bool
  default     = true
}
