/* SPDX-License-Identifier: Apache-2.0 */
#include "fix/fix_private.h"

#include <string.h>

#include "base/text.h"

const char *fix_position(struct findings *findings, const struct place *place)
{
	if (!place->file || strcmp(place->file, "?") == 0 || place->line <= 0)
		return NULL;
	return findings_text(findings, "%s:%d", text_base_name(place->file), place->line);
}

/* " (cart.go:57)" or "". */
static const char *fix_at(struct findings *findings, const struct place *place)
{
	const char *position = fix_position(findings, place);
	return position ? findings_text(findings, " (%s)", position) : "";
}

const char *fix_where(struct findings *findings, const struct place *place)
{
	return findings_text(findings, "%s%s", place->function ? place->function : "the function",
			     fix_at(findings, place));
}

const char *fix_start(struct findings *findings, const struct finding *finding)
{
	if (!finding->created_by.function)
		return "its go statement";
	return findings_text(findings, "the go statement in %s",
			     fix_where(findings, &finding->created_by));
}

static fix_words *const words[] = {
#define RULE(id, page) fix_##page,
	RULES(RULE)
#undef RULE
};

struct error *fix_findings(struct findings *findings)
{
	for (size_t i = 0; i < findings->list.count; i++) {
		struct finding *finding = &findings->list.items[i];
		finding->fix = words[finding->rule](findings, finding);
	}
	return findings_check(findings);
}
