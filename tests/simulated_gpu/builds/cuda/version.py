"""What a torch that was built for NVIDIA's GPUs says of itself, in the place of the installed one's."""

cuda: str | None = "13.0"
hip: str | None = None
xpu: str | None = None
