"""The command lines: parsing, printing and exit codes. Rooms of core hold none of it."""
