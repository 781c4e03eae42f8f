/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_MEMORY_LINE_H
#define DOWSE_REPORT_MEMORY_LINE_H

#include "base/writer.h"
#include "runtime/memory.h"

/* "memory 960 of 1,024 MiB: live 669, garbage 210, ...": the rounded parts sum to the whole. */
void memory_line(const struct runtime_memory *memory, struct writer *writer);

/* "; 669 of its 960 MiB are live": the largest part, in the same numbers. */
void memory_line_verdict(const struct runtime_memory *memory, struct writer *writer);

#endif
