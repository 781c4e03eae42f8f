/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_PROGRESS_H
#define DOWSE_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What this process is busy with that may take long, for whoever watches: one thing at a time. Any
 * thread may say so, and it costs next to nothing. Nobody needs to watch.
 */
struct progress {
	const char *doing; /* static text: "reading" */
	uint64_t done;     /* bytes */
	uint64_t total;    /* 0: not known */
};

void progress_begin(const char *doing, uint64_t total);
void progress_add(uint64_t bytes);
void progress_end(void);

/* False when there is nothing. */
bool progress_read(struct progress *ret);

#endif
