"""What every layer of Noria stands on: errors, files, digests, typed configuration, the home folder."""
