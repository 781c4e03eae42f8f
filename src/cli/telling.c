/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/telling.h"

#include <string.h>

#include "report/goroutines_report.h"

#define PAGE_GROUPS_MOST 1000
#define SUPPRESS_MAX     ((size_t)1 << 20)
#define BASELINE_MAX     ((size_t)256 << 20)

/* Findings are judged as they are shown: what --rules or --min-certainty left out cannot fail. */
enum cli_status telling_judge(const struct options *options, const struct findings *findings)
{
	enum certainty fail_on;
	if (!telling_fails_on(options, &fail_on))
		return CLI_OK;
	for (size_t i = 0; i < findings->list.count; i++) {
		if (findings->list.items[i].certainty >= fail_on)
			return CLI_FOUND;
	}
	return CLI_OK;
}

bool telling_fails_on(const struct options *options, enum certainty *ret)
{
	/* What is left fails beside what is likely. */
	*ret = CERTAINTY_LIKELY;
	return strcmp(options->fail_on, "left") == 0 || certainty_parse(options->fail_on, ret);
}

/* A page shows what there is besides: a document of its own. */
static void print_page(const struct diagnosis *diagnosis, struct writer *writer)
{
	static const struct goroutine_filter all = { 0 };
	diagnosis_json(diagnosis, writer);
	if (!diagnosis->goroutines || !diagnosis->groups)
		return;
	const struct goroutines_report report = {
		.subject = diagnosis->subject,
		.goroutines = diagnosis->goroutines,
		.groups = diagnosis->groups,
		.filter = &all,
		.limit = PAGE_GROUPS_MOST,
	};
	goroutines_json(&report, writer);
}

void telling_print(const struct invocation *invocation, const struct diagnosis *diagnosis)
{
	if (cli_format_is(invocation, "html"))
		print_page(diagnosis, invocation->out);
	else if (cli_format_is(invocation, "json"))
		diagnosis_json(diagnosis, invocation->out);
	else if (cli_format_is(invocation, "sarif"))
		diagnosis_sarif(diagnosis, invocation->out);
	else if (cli_format_is(invocation, "github"))
		diagnosis_github(diagnosis, invocation->out);
	else
		diagnosis_text(diagnosis, &invocation->style, invocation->out);
}

struct error *telling_read(const struct options *options, struct telling *ret)
{
	_cleanup_(file_bytes_deinit) struct file_bytes text = { 0 };
	ret->rules = RULES_ALL;
	ret->at_least = CERTAINTY_SUSPECT;
	if (options->rules)
		TRY(rules_parse(options->rules, &ret->rules));
	certainty_parse(options->min_certainty, &ret->at_least);
	if (options->baseline)
		TRY(file_read(options->baseline, BASELINE_MAX, &ret->baseline));
	if (!options->suppress)
		return NULL;
	TRY(file_read(options->suppress, SUPPRESS_MAX, &text));
	return suppressions_parse((const char *)text.bytes, options->suppress, &ret->suppressions);
}

struct error *telling_leave_out(struct telling *telling, const struct options *options,
				struct findings *findings, struct findings *gone,
				struct diagnosis *diagnosis)
{
	findings_select(findings, telling->rules, telling->at_least);
	if (gone)
		findings_select(gone, telling->rules, telling->at_least);
	if (options->suppress) {
		if (gone)
			findings_suppress(gone, &telling->suppressions);
		diagnosis->suppressed += findings_suppress(findings, &telling->suppressions);
		diagnosis->suppressions = &telling->suppressions;
	}
	if (!options->baseline)
		return NULL;
	size_t known = 0;
	TRY(findings_drop_known(findings, (const char *)telling->baseline.bytes, &known));
	diagnosis->known += known;
	return NULL;
}

struct error *telling_tell(struct telling *telling, const struct invocation *invocation,
			   struct findings *findings, struct findings *gone,
			   struct diagnosis *diagnosis, enum cli_status *ret)
{
	const struct options *options = &invocation->options;
	diagnosis->all = options->given[OPTION_ALL];
	diagnosis->folder = getenv("PWD");
	TRY(telling_leave_out(telling, options, findings, gone, diagnosis));
	TRY(source_show(options, diagnosis, findings, &telling->source));
	telling_print(invocation, diagnosis);
	*ret = telling_judge(options, findings);
	return NULL;
}

void telling_deinit(struct telling *telling)
{
	suppressions_deinit(&telling->suppressions);
	file_bytes_deinit(&telling->baseline);
	source_shown_deinit(&telling->source);
}
