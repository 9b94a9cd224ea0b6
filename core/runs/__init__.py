"""Runs: the store that keeps them, the worker that does them, the runner that keeps workers ready.

Page and worker meet in the store and nowhere else.
"""
