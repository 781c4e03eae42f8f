/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_READER_PRIVATE_H
#define DOWSE_DUMP_READER_PRIVATE_H

#include "dump/lines.h"
#include "dump/reader.h"
#include "dump/waits.h"

/* What the files of the reader share. */

/* What was gathered of a goroutine becomes one. */
struct error *reader_end_goroutine(struct reader *reader) must_use;

/* What could not be kept of the stack that is in hand is said of its goroutine. */
struct error *reader_check_stack(struct reader *reader) must_use;

/* A dump of its own; NULL in reader->dump when there would be too many. */
struct error *reader_begin_dump(struct reader *reader, enum dump_form form) must_use;

/* The report whose first access this is. */
struct error *reader_begin_race(struct reader *reader, const char *bytes, size_t length) must_use;

/* Counted stacks, debug=1 (counts.c). */
bool counts_begin(const char *bytes, size_t length);
struct error *counts_start(struct reader *reader, const char *bytes, size_t length) must_use;
struct error *counts_line(struct reader *reader, const char *bytes, size_t length) must_use;
struct error *counts_end(struct reader *reader) must_use;

#endif
