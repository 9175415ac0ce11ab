"""The models of TensorFlow's half-precision post: fetched, put into every format, run on every device."""
