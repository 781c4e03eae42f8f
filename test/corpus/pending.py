# SPDX-License-Identifier: Apache-2.0
"""What dowse does not say yet, or says wrongly, of programs of the corpus: by the reason."""

REASONS = {
    "silent": """
        L01-receive-without-sender/leaky-registry
        L05-send-to-full-channel/leaky-global
        L10-context-ignored/leaky-held
        L11-cancel-never-called/leaky
        L11-cancel-never-called/leaky-timeout
        L12-lock-never-released/leaky-global
        L13-double-lock/leaky-pile
        L15-lock-order/leaky-embedded
        L15-lock-order/leaky-victims
        L19-large-capture/leaky
        L19-large-capture/leaky-handler
        L22-dropped-elements-kept/leaky
        L22-dropped-elements-kept/leaky-stack
        L22-dropped-elements-kept/leaky-window
        L26-growing-global/leaky-inline
        L28-map-keeps-storage/leaky
        L28-map-keeps-storage/leaky-field
        L30-heavy-pool/leaky
        L31-timer-not-stopped/leaky-rearm
        L32-file-not-closed/leaky
        L32-file-not-closed/leaky-garbage
        L33-stream-not-closed/leaky
        L33-stream-not-closed/leaky-conn
        L33-stream-not-closed/leaky-rows
        L36-finalizer-on-cycle/leaky
        L36-finalizer-on-cycle/leaky-closure
        L37-large-stacks/leaky
        L38-out-of-memory-ahead/leaky
        L40-job-without-stop/leaky
        L42-nested-read-lock/leaky-global
    """,
    "what they hold is left out": """
        L06-nil-channel/leaky
        L07-select-never-ready/leaky-empty
    """,
    "another rule answers: L17": """
        L08-exit-stays-in-loop/leaky
    """,
    "another rule answers: L1": """
        L10-context-ignored/leaky
    """,
    "one leak in several findings": """
        L12-lock-never-released/leaky-panic
        L12-lock-never-released/leaky-rwmutex
        L21-element-pins-array/leaky-map
        L25-substring-pins-string/leaky-key
    """,
    "another rule answers: L12": """
        L13-double-lock/leaky
        L13-double-lock/leaky-embedded
        L13-double-lock/leaky-rwmutex
        L14-lock-held-by-creator/leaky
        L14-lock-held-by-creator/leaky-channel
        L15-lock-order/leaky
        L15-lock-order/leaky-explicit
        L15-lock-order/leaky-rwmutex
        L15-lock-order/leaky-three
        L16-lock-order-by-parameters/leaky
        L16-lock-order-by-parameters/leaky-validate
        L42-nested-read-lock/leaky
    """,
    "another rule answers: L9": """
        L17-unbounded-goroutines/leaky
    """,
    "another rule answers: L3": """
        L18-leaked-goroutine-holds-memory/leaky
    """,
    "less certain than it could be": """
        L20-subslice-pins-array/leaky-session
        L24-views-pin-buffer/leaky-table
    """,
    "no place, though it was sampled": """
        L27-map-without-limit/leaky
        L29-growing-sync-map/leaky
    """,
}

PENDING = {name: reason for reason, names in REASONS.items() for name in names.split()}
