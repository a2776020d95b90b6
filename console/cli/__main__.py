"""`python -m console.cli` is the `detente` command; supervised processes are started this way."""

import sys

from console.cli.app import main

sys.exit(main())
