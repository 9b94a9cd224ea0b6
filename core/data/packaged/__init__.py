"""Data that installed packages bring, read from their files."""
