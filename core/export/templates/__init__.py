"""Files of an export, which run where nothing of ours is: with NumPy, JAX or Keras."""
