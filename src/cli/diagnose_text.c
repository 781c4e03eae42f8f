/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diagnose_text.h"

#include <stdio.h>

#include "fix/fix.h"

/* In the same text: the first whole one that has goroutines in common with the one that is judged. */
static struct error *judge_alone(struct text_judgement *judgement)
{
	const struct dumps *dumps = &judgement->text.dumps;
	struct dump *dump = text_dump(&judgement->text);
	const struct place_rule *places = &judgement->text.subject.places;
	for (size_t i = 0; i < judgement->text.chosen && i < 16; i++) {
		const struct dump *earlier = dumps->list.items[i];
		if (earlier->form != DUMP_STACKS || !earlier->goroutines.complete)
			continue;
		TRY(told_judge(dump, earlier, places, &judgement->told, &judgement->has_earlier));
		if (judgement->has_earlier)
			return NULL;
		told_deinit(&judgement->told);
	}
	return told_judge(dump, NULL, places, &judgement->told, &judgement->has_earlier);
}

static struct error *judge_both(struct cli_target *target, const struct options *options,
				struct text_judgement *judgement)
{
	static const char warning[] =
		"the other text has no goroutine in common with this one: what grew is not known";
	const struct dumps_options how = { 0 };
	TRY(text_read(target, options, &how, false, &judgement->earlier));
	TRY(told_judge(text_dump(&judgement->text), text_dump(&judgement->earlier),
		       &judgement->text.subject.places, &judgement->told, &judgement->has_earlier));
	return judgement->has_earlier ? NULL : text_warn(&judgement->text, "%s", warning);
}

struct error *text_judge(struct cli_target *target, struct cli_target *earlier,
			 const struct options *options, struct text_judgement *ret)
{
	const struct dumps_options how = { 0 };
	TRY(text_read(target, options, &how, false, &ret->text));
	TRY(earlier ? judge_both(earlier, options, ret) : judge_alone(ret));
	return fix_findings(&ret->told.findings);
}

void text_judgement_deinit(struct text_judgement *judgement)
{
	told_deinit(&judgement->told);
	text_deinit(&judgement->text);
	text_deinit(&judgement->earlier);
	*judgement = (struct text_judgement){ 0 };
}
