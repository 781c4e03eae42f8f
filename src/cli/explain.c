/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "leak/rules.h"

static void explain_list(struct writer *writer)
{
	for (int i = 0; i < RULE_COUNT; i++) {
		const struct rule *rule = rules_get((enum rule_id)i);
		writer_printf(writer, "%-4s %-24s at most %-8s %s\n", rule->code, rule->name,
			      certainty_name(rule->at_most), rule->summary);
	}
	writer_string(writer, "next: dowse explain RULE\n");
}

/* Text or code of several lines, set in. */
static void explain_block(const struct style *style, const char *head, const char *text,
			  struct writer *writer)
{
	writer_char(writer, '\n');
	style_string(style, STYLE_BOLD, head, writer);
	writer_char(writer, '\n');
	while (*text) {
		size_t length = strcspn(text, "\n");
		writer_string(writer, length ? "  " : "");
		writer_bytes(writer, text, length);
		writer_char(writer, '\n');
		text += length + (text[length] == '\n');
	}
}

static void explain_rule(const struct rule *rule, const struct style *style, struct writer *writer)
{
	style_begin(style, STYLE_BOLD, writer);
	writer_printf(writer, "%s %s", rule->code, rule->name);
	style_end(style, STYLE_BOLD, writer);
	writer_printf(writer, ": %s (at most %s)\n", rule->summary, certainty_name(rule->at_most));
	explain_block(style, "What dowse looks at", rule->evidence, writer);
	explain_block(style, "A program that leaks", rule->leaky, writer);
	explain_block(style, "Its fix", rule->fixed, writer);
	explain_block(style, "When the finding is wrong", rule->wrong, writer);
}

static struct error *explain_run(struct invocation *invocation, enum cli_status *ret)
{
	(void)ret;
	if (!invocation->operand_count) {
		explain_list(invocation->out);
		return NULL;
	}
	size_t next = 0;
	bool found = false;
	for (const struct rule *rule; (rule = rules_find(invocation->operands[0], &next));) {
		if (found)
			writer_char(invocation->out, '\n');
		explain_rule(rule, &invocation->style, invocation->out);
		found = true;
	}
	if (!found)
		return error_new(ERROR_USAGE, "there is no rule '%s': dowse explain lists them",
				 invocation->operands[0]);
	return NULL;
}

const struct verb verb_explain = {
	.name = "explain",
	.usage = "explain [RULE]",
	.summary = "a rule, a leaky example, its fix, and when it is wrong",
	.help = "RULE is the name of a rule or its code, as findings show them. Without one the rules are listed.\n"
		"\n"
		"Examples:\n"
		"  dowse explain\n"
		"  dowse explain nil-channel\n"
		"  dowse explain L17\n",
	.operands_max = 1,
	.operand = "RULE",
	.looks_at_nothing = true,
	.run = explain_run,
};
