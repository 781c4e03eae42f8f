/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/suppress.h"

#include <string.h>

#include "base/map.h"

#define REASON " -- "

static const char *copy(struct suppressions *suppressions, const char *text, size_t length)
{
	return arena_copy_string(&suppressions->arena, text, length);
}

static size_t trimmed(const char *text, size_t length)
{
	while (length && strchr(" \t\r", text[length - 1]))
		length--;
	return length;
}

/* "RULE PATTERN", of so many bytes. */
static struct error *parse_head(struct suppressions *suppressions, const char *text, size_t length,
				struct suppression *ret)
{
	size_t rule = strcspn(text, " \t"), gap = 0;
	if (rule >= length)
		return error_new(ERROR_USAGE, "it takes a rule and a pattern");
	gap = strspn(text + rule, " \t");
	const char *name = copy(suppressions, text, rule);
	ret->pattern = copy(suppressions, text + rule + gap, length - rule - gap);
	if (!name || !ret->pattern)
		return error_no_memory();
	ret->rules = RULES_ALL;
	return strcmp(name, "*") == 0 ? NULL : rules_parse(name, &ret->rules);
}

static struct error *parse_line(struct suppressions *suppressions, const char *text, size_t length,
				unsigned line)
{
	struct suppression suppression = { .line = line };
	const char *end = text + length, *reason = NULL;
	for (const char *at = text; at + strlen(REASON) <= end && !reason; at++) {
		if (strncmp(at, REASON, strlen(REASON)) == 0)
			reason = at;
	}
	if (!reason ||
	    trimmed(reason + strlen(REASON), (size_t)(end - reason) - strlen(REASON)) == 0)
		return error_new(ERROR_USAGE, "it has no reason: write one after \" -- \"");
	TRY(parse_head(suppressions, text, trimmed(text, (size_t)(reason - text)), &suppression));
	reason += strlen(REASON);
	suppression.reason = copy(suppressions, reason, trimmed(reason, (size_t)(end - reason)));
	if (!suppression.reason)
		return error_no_memory();
	return suppression_vector_append(&suppressions->list, &suppression);
}

struct error *suppressions_parse(const char *text, const char *name, struct suppressions *ret)
{
	unsigned line = 0;
	ret->name = name;
	while (*text) {
		size_t length = strcspn(text, "\n");
		size_t blanks = strspn(text, " \t\r");
		line++;
		if (blanks < length && text[blanks] != '#')
			TRY(error_wrap(parse_line(ret, text + blanks,
						  trimmed(text + blanks, length - blanks), line),
				       "%s:%u", name, line));
		text += length + (text[length] == '\n');
	}
	return NULL;
}

void suppressions_deinit(struct suppressions *suppressions)
{
	suppression_vector_deinit(&suppressions->list);
	arena_deinit(&suppressions->arena);
	*suppressions = (struct suppressions){ 0 };
}

/* A star stands for anything; of several, each is tried again from the next place on. */
bool suppress_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *again = text;
	if (!text)
		return false;
	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			again = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++again;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

static bool is_for(const struct suppression *suppression, const struct finding *finding)
{
	if (!(suppression->rules >> finding->rule & 1))
		return false;
	if (suppress_matches(suppression->pattern, finding->place.function) ||
	    suppress_matches(suppression->pattern, finding->created_by.function) ||
	    suppress_matches(suppression->pattern, finding->subject))
		return true;
	for (size_t i = 0; i < finding->path_count; i++) {
		if (suppress_matches(suppression->pattern, finding->path[i]))
			return true;
	}
	return false;
}

size_t findings_suppress(struct findings *findings, struct suppressions *suppressions)
{
	size_t kept = 0, count = findings->list.count;
	for (size_t i = 0; i < count; i++) {
		bool wanted = true;
		for (size_t k = 0; k < suppressions->list.count; k++) {
			struct suppression *suppression = &suppressions->list.items[k];
			if (!is_for(suppression, &findings->list.items[i]))
				continue;
			suppression->used++;
			wanted = false;
		}
		if (wanted)
			findings->list.items[kept++] = findings->list.items[i];
	}
	findings->list.count = kept;
	return count - kept;
}

#define DIGITS (FINGERPRINT_SIZE - 1)

/* The number that so many digits are; false for anything else than that between quotes. */
static bool parse_fingerprint(const char *quote, uint64_t *ret)
{
	uint64_t value = 0;
	for (size_t i = 1; i <= DIGITS; i++) {
		char digit = quote[i];
		if (digit >= '0' && digit <= '9')
			value = value << 4 | (uint64_t)(digit - '0');
		else if (digit >= 'a' && digit <= 'f')
			value = value << 4 | (uint64_t)(digit - 'a' + 10);
		else
			return false;
	}
	*ret = value == UINT64_MAX ? 0 : value; /* which is no key of a map */
	return quote[DIGITS + 1] == '"';
}

/* Strings of a document have no bare quotes in them: what looks like one of its members is one. */
static struct error *read_fingerprints(const char *report, struct map *ret)
{
	static const char gone[] = "\"gone\":";
	/* With lengths: what checks strings to their ends would go through the rest at each quote. */
	const char *end = report + strlen(report);
	for (const char *at = report; (at = memchr(at, '"', (size_t)(end - at))); at++) {
		uint64_t fingerprint;
		struct map_slot *slot;
		if (strncmp(at, gone, strlen(gone)) == 0)
			return NULL;
		if (parse_fingerprint(at, &fingerprint))
			TRY(map_insert(ret, fingerprint, 0, &slot));
	}
	return NULL;
}

struct error *findings_drop_known(struct findings *findings, const char *report, size_t *ret_count)
{
	size_t kept = 0, count = findings->list.count;
	_cleanup_(map_deinit) struct map known = { 0 };
	TRY(read_fingerprints(report, &known));
	for (size_t i = 0; i < count; i++) {
		char fingerprint[FINGERPRINT_SIZE + 2];
		uint64_t key = 0;
		fingerprint[0] = '"';
		finding_fingerprint(&findings->list.items[i], fingerprint + 1);
		memcpy(fingerprint + 1 + DIGITS, "\"", 2);
		if (!parse_fingerprint(fingerprint, &key) || !map_find(&known, key))
			findings->list.items[kept++] = findings->list.items[i];
	}
	findings->list.count = kept;
	*ret_count = count - kept;
	return NULL;
}
