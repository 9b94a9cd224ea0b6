"""The statements of the source text, one file each; a file added here is found by itself."""
