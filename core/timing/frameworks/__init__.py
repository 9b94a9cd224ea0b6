"""The same work in several deep learning frameworks, each in a process and an environment of its own."""
