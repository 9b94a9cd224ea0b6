"""The `nablascope` command by another name: `python -m core.commands --help`."""

import sys

from core.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
