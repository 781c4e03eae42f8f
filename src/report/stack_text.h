/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_STACK_TEXT_H
#define DOWSE_REPORT_STACK_TEXT_H

#include "model/place.h"
#include "report/style.h"

struct stack_text {
	const struct style *style;
	const struct place_rule *places; /* the place is set off from the rest */
	unsigned indent;
	uint32_t limit; /* frames; the place is among them. UINT32_MAX: all */
};

/* The shown frames and the creator of a goroutine, one a line; how many lines they took. */
unsigned stack_text(const struct stack_text *how, const struct goroutine *goroutine,
		    struct writer *writer);

/* "cart.go:57", without the folder: the function before it has the package. */
void stack_text_position(const char *file, int32_t line, struct writer *writer);

#endif
