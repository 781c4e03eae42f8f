# SPDX-License-Identifier: Apache-2.0
"""What dowse does not say yet, or says wrongly, of programs of the corpus: by the reason."""

REASONS = {
    "one leak in several findings": """
        L01-receive-without-sender/leaky
        L07-select-never-ready/leaky
        L12-lock-never-released/leaky-panic
        L12-lock-never-released/leaky-rwmutex
    """,
    "what is held by a field that is used again and again is taken for a part": """
        traps/scratch-buffers
    """,
    "silent": """
        L01-receive-without-sender/leaky-registry
        L05-send-to-full-channel/leaky-global
        L10-context-ignored/leaky-held
        L11-cancel-never-called/leaky
        L11-cancel-never-called/leaky-timeout
        L12-lock-never-released/leaky-global
        L26-growing-global/leaky-inline
        L28-map-keeps-storage/leaky-field
        L32-file-not-closed/leaky
        L32-file-not-closed/leaky-garbage
        L33-stream-not-closed/leaky
        L33-stream-not-closed/leaky-conn
        L33-stream-not-closed/leaky-rows
        L40-job-without-stop/leaky
    """,
    "what they hold is left out": """
        L06-nil-channel/leaky
        L07-select-never-ready/leaky-empty
        L13-double-lock/leaky
        L13-double-lock/leaky-embedded
        L13-double-lock/leaky-rwmutex
        L15-lock-order/leaky
        L15-lock-order/leaky-explicit
        L15-lock-order/leaky-rwmutex
        L15-lock-order/leaky-victims
        L16-lock-order-by-parameters/leaky
        L16-lock-order-by-parameters/leaky-validate

        L42-nested-read-lock/leaky
    """,
    "another rule answers: L17": """
        L08-exit-stays-in-loop/leaky
    """,
    "another rule answers: L1, L20": """
        L10-context-ignored/leaky
    """,
    "another rule answers: L12": """
        L14-lock-held-by-creator/leaky
        L14-lock-held-by-creator/leaky-channel
    """,
    "another rule answers: L9": """
        L17-unbounded-goroutines/leaky
    """,
    "another rule answers: L3": """
        L18-leaked-goroutine-holds-memory/leaky
    """,
}

PENDING = {name: reason for reason, names in REASONS.items() for name in names.split()}
