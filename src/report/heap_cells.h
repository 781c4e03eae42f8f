/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_HEAP_CELLS_H
#define DOWSE_REPORT_HEAP_CELLS_H

#include "model/quantity.h"
#include "report/table.h"

/* What the tables about a heap are made of. */

const char *heap_bytes_text(uint64_t number, char into[QUANTITY_SIZE]);
void heap_cell_bytes(struct table *table, uint64_t bytes);
void heap_cell_count(struct table *table, uint64_t count);

/* What became of a number of bytes, or of things: "+2.1 MiB", "-1,031", "=". */
void heap_cell_growth(struct table *table, uint64_t before, uint64_t now);
void heap_cell_count_growth(struct table *table, uint64_t before, uint64_t now);

/* A text that was put together, as a cell; lets go of the writer. */
void heap_cell_writer(struct table *table, enum style_tone tone, struct writer *writer);
void heap_heads(struct table *table, const char *const *names, size_t count);

#endif
