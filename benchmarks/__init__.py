# SPDX-License-Identifier: Apache-2.0
"""One module per question; each prints a table. Run from the repository: see README.md here."""
