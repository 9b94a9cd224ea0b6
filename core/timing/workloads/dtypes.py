"""The number formats that can be timed, with bytes per element.

The first four are torch's names. TF32 is float32 in memory, whose products are rounded inside NVIDIA's tensor
cores; float8 is torch's float8_e4m3fn.
"""

DTYPE_BYTES = {
    "float64": 8,
    "float32": 4,
    "bfloat16": 2,
    "float16": 2,
    "tf32": 4,
    "int8": 1,
    "float8": 1,
}
