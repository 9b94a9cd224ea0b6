"""What a torch that was built for AMD's GPUs says of itself, in the place of the installed one's."""

cuda: str | None = None
hip: str | None = "6.4.43482"
xpu: str | None = None
