/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/pinned_private.h"

#include "model/quantity.h"

static const char *noun(enum heap_view_kind kind, bool one)
{
	switch (kind) {
	case HEAP_VIEW_STRING:
		return one ? "string" : "strings";
	case HEAP_VIEW_POINTER:
		return one ? "pointer" : "pointers";
	default:
		return one ? "slice" : "slices";
	}
}

/* What was counted from some of them is not known to the last digit. */
static uint64_t rounded(uint64_t count)
{
	uint64_t unit = 1;
	while (count / unit >= 1000)
		unit *= 10;
	return (count + unit / 2) / unit * unit;
}

/* "2,000 slices main.Session.head use 31 KiB of 125 MiB that they pin" */
static const char *title(const struct pinned_group *group, const struct heap_view_field *field,
			 const char *name, struct findings *findings, const struct finding *finding)
{
	char count[QUANTITY_SIZE], used[QUANTITY_SIZE], held[QUANTITY_SIZE], more[QUANTITY_SIZE];
	bool dropped = finding->rule == RULE_DROPPED_ELEMENTS_KEPT;
	uint64_t views = dropped ? group->dropped_arrays : group->views;
	bool one = views == 1;
	const char *in = field->whole_element ? "in " : "";
	quantity_count(group->estimated ? rounded(views) : views, count);
	quantity_bytes((int64_t)group->used, used);
	quantity_bytes((int64_t)group->bytes, held);
	const char *who =
		one ? findings_text(findings, "the %s %s%s", noun(field->kind, true), in, name)
		    : findings_text(findings, "%s%s %s %s%s", group->estimated ? "about " : "",
				    count, noun(field->kind, false), in, name);
	if (dropped)
		return findings_text(findings, "%s %s %s alive through elements that %s dropped",
				     who, one ? "keeps" : "keep",
				     quantity_bytes((int64_t)group->dropped, more),
				     one ? "it has" : "they have");
	if (finding->rule == RULE_SPARE_CAPACITY)
		return findings_text(findings, "%s %s %s of %s that %s", who, one ? "uses" : "use",
				     used, held, one ? "it keeps" : "they keep");
	return findings_text(findings, "%s %s %s of %s that %s", who, one ? "uses" : "use", used,
			     held, one ? "it pins" : "they pin");
}

static const char *why(enum rule_id rule, const struct pinned_group *group)
{
	switch (rule) {
	case RULE_DROPPED_ELEMENTS_KEPT:
		return "A slice that was made shorter, or whose beginning was cut off, keeps its whole array alive, and with it all that the array's other elements point to: the collector knows no length.";
	case RULE_ELEMENT_PINS_ARRAY:
		return "A pointer to one element keeps the whole array alive. Nothing else leads to these arrays, and no part of the program can reach their other elements again.";
	case RULE_SUBSTRING_PINS_STRING:
		return "A part of a string shares its bytes, and keeps all of them alive. No string of the program has the others any more.";
	case RULE_VIEWS_PIN_BUFFER:
		return "Slices of a buffer share its bytes: one of them that is kept keeps all of it alive. No slice has the other bytes any more.";
	case RULE_SPARE_CAPACITY:
		return group->written
			       ? "Making a slice shorter frees nothing: its array keeps the length that it once had, and what lies behind the slice's end has been written to."
			       : "A slice keeps the whole of its array alive, whatever its length is.";
	default:
		return group->room > group->lost
			       ? "A slice keeps the whole of its array alive. Nothing else leads to these arrays, and what lies behind the slice's end is there for append alone."
			       : "A slice keeps the whole of its array alive. Nothing else leads to these arrays, and no part of the program can reach their other bytes again.";
	}
}

static const char *settle(enum rule_id rule, bool old)
{
	if (!old)
		return "Look again once the process has collected its garbage twice: what was made a moment ago may be on its way.";
	if (rule == RULE_SPARE_CAPACITY)
		return "Look again at comparable load: a buffer that is filled again and again needs its room, one that was large once does not.";
	return "Look again later: a leak of this kind grows with each array that is read.";
}

struct error *pinned_words(const struct live_evidence *evidence, const struct pinned_group *group,
			   const struct heap_view_field *field, struct findings *findings,
			   struct finding *finding)
{
	struct writer text = WRITER_TO_MEMORY;
	struct error *error = heap_view_field_name(evidence->heap, field, &text);
	const char *name = error ? NULL : writer_text(&text);
	if (!error && !name)
		error = error_no_memory();
	if (!error) {
		name = findings_text(findings, "%s", name);
		finding->title = title(group, field, name, findings, finding);
		finding->why = why(finding->rule, group);
		if (finding->certainty == CERTAINTY_SUSPECT)
			finding->settle = settle(finding->rule,
						 evidence->counters &&
							 evidence->counters->gc_count >= 2);
	}
	writer_deinit(&text);
	return error;
}
