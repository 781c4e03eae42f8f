/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/ignored.h"

#include "leak/suppress.h"

static bool is_listed(const char *const *patterns, size_t count, const char *function)
{
	for (size_t i = 0; i < count; i++) {
		if (suppress_matches(patterns[i], function))
			return true;
	}
	return false;
}

bool ignored_has(const struct ignored *ignored, const struct goroutine *goroutine)
{
	bool top = true;
	for (uint32_t i = 0; i < goroutine->stack->count; i++) {
		const struct frame *frame = &goroutine->stack->frames[i];
		if (frame->hidden)
			continue;
		if ((top && is_listed(ignored->top, ignored->top_count, frame->function)) ||
		    is_listed(ignored->any, ignored->any_count, frame->function))
			return true;
		top = false;
	}
	return false;
}

size_t ignored_drop(const struct ignored *ignored, struct findings *findings)
{
	size_t kept = 0, all = findings->list.count;
	for (size_t i = 0; i < all; i++) {
		const struct finding *finding = &findings->list.items[i];
		if (!finding->example || !ignored_has(ignored, finding->example))
			findings->list.items[kept++] = *finding;
	}
	findings->list.count = kept;
	return all - kept;
}
