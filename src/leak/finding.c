/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/finding.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/hash.h"

const char *finding_change_name(enum finding_change change)
{
	static const char *const names[] = {
		[CHANGE_NEW] = "new", [CHANGE_STAYED] = "stayed", [CHANGE_GONE] = "gone"
	};
	return names[change];
}

void findings_deinit(struct findings *findings)
{
	finding_vector_deinit(&findings->list);
	arena_deinit(&findings->arena);
}

const char *findings_text(struct findings *findings, const char *format, ...)
{
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	char *text = length < 0 ? NULL : arena_allocate_raw(&findings->arena, (size_t)length + 1);
	if (text)
		vsnprintf(text, (size_t)length + 1, format, arguments);
	va_end(arguments);
	if (!text)
		findings->no_memory = true;
	return text ? text : "";
}

struct error *findings_check(const struct findings *findings)
{
	return findings->no_memory ? error_no_memory() : NULL;
}

static int finding_compare(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	if (a->growth_per_hour != b->growth_per_hour)
		return a->growth_per_hour > b->growth_per_hour ? -1 : 1;
	if (a->certainty != b->certainty)
		return a->certainty > b->certainty ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	return a->place.line < b->place.line ? -1 : a->place.line > b->place.line;
}

void findings_sort(struct findings *findings)
{
	if (findings->list.count)
		qsort(findings->list.items, findings->list.count, sizeof(*findings->list.items),
		      finding_compare);
}

void finding_fingerprint(const struct finding *finding, char ret[static FINGERPRINT_SIZE])
{
	uint64_t hash = hash_more_text(1, rules_get(finding->rule)->name);
	/*
	 * Of memory the holder: where it comes from is known by a sample, which the next run may not
	 * have. Of goroutines the functions: what a channel is called is known by debug information.
	 */
	if (finding->subject && !finding->example) {
		hash = hash_more_text(hash, finding->subject);
	} else {
		hash = hash_more_text(hash, finding->place.function);
		hash = hash_more_text(hash, finding->created_by.function);
	}
	snprintf(ret, FINGERPRINT_SIZE, "%016llx", (unsigned long long)hash);
}

void findings_select(struct findings *findings, uint64_t rules, enum certainty at_least)
{
	size_t kept = 0;
	for (size_t i = 0; i < findings->list.count; i++) {
		const struct finding *finding = &findings->list.items[i];
		if ((rules >> finding->rule & 1) && finding->certainty >= at_least)
			findings->list.items[kept++] = *finding;
	}
	findings->list.count = kept;
}
