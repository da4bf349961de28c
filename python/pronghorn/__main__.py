# SPDX-License-Identifier: Apache-2.0
"""`python -m pronghorn`."""

import sys

from pronghorn.command_line import main

if __name__ == "__main__":
    sys.exit(main())
