/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/pattern.h"

#include <ctype.h>
#include <string.h>

#include "base/writer.h"

/* An expression that is being put into the C library's words. */
struct translation {
	const char *option, *text;
	const char *at;
	struct writer writer;
};

static struct error *refuse(const struct translation *translation, const char *what)
{
	return error_new(ERROR_USAGE, "%s '%s': %s at character %zu", translation->option,
			 translation->text, what,
			 (size_t)(translation->at - translation->text) + 1);
}

/* Behind a backslash. What is a letter has a meaning of its own, which need not be the same there. */
static struct error *take_escape(struct translation *translation)
{
	char c = *translation->at;
	if (!c)
		return refuse(translation, "nothing behind the backslash");
	if (c == 'd' || c == 'D') {
		writer_string(&translation->writer, c == 'd' ? "[0-9]" : "[^0-9]");
	} else if (strchr("wWsSbB", c)) {
		writer_char(&translation->writer, '\\');
		writer_char(&translation->writer, c);
	} else if (isalnum((unsigned char)c)) {
		return refuse(translation, "that is not understood behind a backslash");
	} else {
		if (strchr(".[]()*+?{}|^$\\", c))
			writer_char(&translation->writer, '\\');
		writer_char(&translation->writer, c);
	}
	translation->at++;
	return NULL;
}

/* "[a-z]", "[^]]", "[[:alpha:]]": the same in both, but for backslashes. */
static struct error *take_class(struct translation *translation)
{
	const char *begin = translation->at, *end = begin + 1;
	end += *end == '^';
	end += *end == ']';
	while (*end && *end != ']') {
		const char *named = *end == '[' && end[1] == ':' ? strstr(end, ":]") : NULL;
		if (*end == '\\') {
			translation->at = end;
			return refuse(translation, "no backslash can be used inside of [ ]");
		}
		end = named ? named + 2 : end + 1;
	}
	if (!*end)
		return refuse(translation, "[ without its ]");
	writer_bytes(&translation->writer, begin, (size_t)(end + 1 - begin));
	translation->at = end + 1;
	return NULL;
}

/* "{2}", "{2,}", "{2,3}" repeat; any other brace is one. */
static bool is_repeat(const char *at)
{
	size_t digits = strspn(at + 1, "0123456789");
	const char *end = at + 1 + digits;
	if (*end == ',')
		end += 1 + strspn(end + 1, "0123456789");
	return digits && *end == '}';
}

static struct error *take(struct translation *translation)
{
	const char *at = translation->at;
	switch (*at) {
	case '\\':
		translation->at++;
		return take_escape(translation);
	case '[':
		return take_class(translation);
	case '(':
		if (at[1] == '?' && at[2] != ':')
			return refuse(translation,
				      "(? is not understood, but for (?: and a (?i) in front");
		writer_char(&translation->writer, '(');
		translation->at += at[1] == '?' ? 3 : 1;
		return NULL;
	case '{':
		if (!is_repeat(at)) {
			writer_string(&translation->writer, "\\{");
			translation->at++;
			return NULL;
		}
		translation->at = strchr(at, '}') + 1;
		writer_bytes(&translation->writer, at, (size_t)(translation->at - at));
		return NULL;
	case '}':
		writer_char(&translation->writer, '\\');
		break;
	default:
		break;
	}
	writer_char(&translation->writer, *at);
	translation->at++;
	return NULL;
}

static struct error *translate(struct translation *translation, struct pattern *pattern)
{
	int flags = REG_EXTENDED | REG_NOSUB;
	char reason[100];
	translation->at = translation->text;
	if (strncmp(translation->text, "(?i)", 4) == 0) {
		flags |= REG_ICASE;
		translation->at += 4;
	}
	while (*translation->at)
		TRY(take(translation));
	const char *text = writer_text(&translation->writer);
	if (!text)
		return error_no_memory();
	int failed = regcomp(&pattern->regex, text, flags);
	if (!failed)
		return NULL;
	regerror(failed, &pattern->regex, reason, sizeof(reason));
	return error_new(ERROR_USAGE, "%s '%s' is no regular expression: %s", translation->option,
			 translation->text, reason);
}

struct error *pattern_compile(const char *option, const char *text, struct pattern *ret)
{
	struct translation translation = { .option = option, .text = text };
	struct pattern pattern = { .set = true };
	translation.writer = (struct writer)WRITER_TO_MEMORY;
	struct error *error = translate(&translation, &pattern);
	writer_deinit(&translation.writer);
	if (!error)
		*ret = pattern;
	return error;
}

void pattern_deinit(struct pattern *pattern)
{
	if (pattern->set)
		regfree(&pattern->regex);
	pattern->set = false;
}

bool pattern_matches(const struct pattern *pattern, struct profile_text text)
{
	regmatch_t range = { .rm_so = 0, .rm_eo = (regoff_t)MIN(text.length, (uint32_t)INT32_MAX) };
	return pattern->set &&
	       regexec(&pattern->regex, text.bytes ? text.bytes : "", 1, &range, REG_STARTEND) == 0;
}
