"""What processes under torchrun pay for talking to each other: bandwidth and latency against message size."""
