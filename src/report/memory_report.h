/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_MEMORY_REPORT_H
#define DOWSE_REPORT_MEMORY_REPORT_H

#include "base/json.h"
#include "report/style.h"
#include "runtime/memory.h"

/* "memory 960 of 1,024 MiB", then a table whose parts sum to what is resident. */
struct error *memory_text(const struct runtime_memory *memory, const struct style *style,
			  struct writer *writer) must_use;

/* What the runtime itself counts, without the kernel's word on what is resident. */
struct error *memory_accounts_text(const struct runtime_counters *counters,
				   const struct style *style, struct writer *writer) must_use;

/* The member "memory". */
void memory_json(const struct runtime_memory *memory, struct json *json);

#endif
