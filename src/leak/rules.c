/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

#include <string.h>
#include <strings.h>

const char *certainty_name(enum certainty certainty)
{
	static const char *const names[] = {
		[CERTAINTY_SUSPECT] = "suspect",
		[CERTAINTY_LIKELY] = "likely",
		[CERTAINTY_PROVED] = "proved",
	};
	return names[certainty];
}

bool certainty_parse(const char *text, enum certainty *ret)
{
	for (int i = CERTAINTY_SUSPECT; i <= CERTAINTY_PROVED; i++) {
		if (strcmp(text, certainty_name((enum certainty)i)) == 0) {
			*ret = (enum certainty)i;
			return true;
		}
	}
	return false;
}

/* A set of rules is a word (rules_parse()). */
_Static_assert(RULE_COUNT < 64, "more rules than bits");

static const struct rule *const catalogue[] = {
#define RULE(id, page) &rule_##page,
	RULES(RULE)
#undef RULE
};

const struct rule *rules_get(enum rule_id id)
{
	return catalogue[id];
}

const struct rule *rules_find(const char *text, size_t *next)
{
	for (size_t i = *next; i < RULE_COUNT; i++) {
		if (strcasecmp(catalogue[i]->code, text) == 0 ||
		    strcasecmp(catalogue[i]->name, text) == 0) {
			*next = i + 1;
			return catalogue[i];
		}
	}
	*next = RULE_COUNT;
	return NULL;
}

struct error *rules_parse(const char *text, uint64_t *ret)
{
	uint64_t set = 0;
	for (const char *at = text;; at++) {
		size_t length = strcspn(at, ",");
		_cleanup_(free_pointer) char *name = strndup(at, length);
		if (!name)
			return error_no_memory();
		size_t next = 0;
		bool found = false;
		for (const struct rule *rule; (rule = rules_find(name, &next)); found = true)
			set |= UINT64_C(1) << (next - 1);
		if (!found)
			return error_new(ERROR_USAGE,
					 "there is no rule '%s': dowse explain lists them", name);
		at += length;
		if (!*at)
			break;
	}
	*ret = set;
	return NULL;
}
