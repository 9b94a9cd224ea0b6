"""The number formats that can be timed, by torch's names, with bytes per element."""

DTYPE_BYTES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}
