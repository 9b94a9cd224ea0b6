"""The command lines: parsing, printing and exit codes. The other rooms of core hold none of it."""
