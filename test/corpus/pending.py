# SPDX-License-Identifier: Apache-2.0
"""What dowse does not say yet, or says wrongly, of programs of the corpus: by the reason."""

REASONS = {
    "silent: a slice that holds its elements itself and grows": """
        L26-growing-global/leaky-inline
    """,
    "silent: descriptors of files that nobody reaches any more": """
        L32-file-not-closed/leaky-garbage
    """,
}

PENDING = {name: reason for reason, names in REASONS.items() for name in names.split()}
