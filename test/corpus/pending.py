# SPDX-License-Identifier: Apache-2.0
"""What dowse does not say yet, or says wrongly, of programs of the corpus: by the reason."""

REASONS = {}

PENDING = {name: reason for reason, names in REASONS.items() for name in names.split()}
