/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <errno.h>
#include <string.h>

#include "leak/rules.h"

static const struct {
	const char *name;
	const char *argument;
	const char *help;
} catalogue[] = {
#define OPTION(id, name, argument, help) { name, argument, help },
	OPTIONS(OPTION)
#undef OPTION
};

const char *options_name(enum option_id id)
{
	return catalogue[id].name;
}

const char *options_argument(enum option_id id)
{
	return catalogue[id].argument;
}

const char *options_help(enum option_id id)
{
	return catalogue[id].help;
}

enum option_id options_find(const char *word)
{
	if (strcmp(word, "-h") == 0)
		return OPTION_HELP;
	for (int id = 0; id < OPTION_END; id++) {
		const char *name = catalogue[id].name;
		size_t length = strlen(name);
		if (strncmp(word, name, length) != 0)
			continue;
		bool is_long = name[1] == '-';
		if (!word[length] || (is_long && word[length] == '=') || !is_long)
			return (enum option_id)id;
	}
	return OPTION_END;
}

/* The value inside the option's own word (--limit=3, -oFILE); NULL when there is none. */
static const char *options_attached(enum option_id id, const char *word)
{
	size_t length = strlen(catalogue[id].name);
	if (strncmp(word, catalogue[id].name, length) != 0 || !word[length])
		return NULL;
	return word[length] == '=' && catalogue[id].name[1] == '-' ? word + length + 1
								   : word + length;
}

/* Decimal digits and a unit; the head of `*text` that was taken is passed over. */
static bool options_take_term(const char **text, int64_t *ret)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {
		/* "ms" before "m": the first that fits is taken. */
		{ "ms", 1000000 },
		{ "s", 1000000000 },
		{ "m", 60 * (int64_t)1000000000 },
		{ "h", 3600 * (int64_t)1000000000 },
		{ "d", 86400 * (int64_t)1000000000 },
	};
	char *end;
	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	unsigned long long number = strtoull(*text, &end, 10);
	if (errno || number > INT64_MAX)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		size_t length = strlen(units[i].name);
		int64_t term;
		if (strncmp(end, units[i].name, length) != 0)
			continue;
		if (__builtin_mul_overflow((int64_t)number, units[i].ns, &term) ||
		    __builtin_add_overflow(*ret, term, ret))
			return false;
		*text = end + length;
		return true;
	}
	return false;
}

struct error *options_parse_duration(const char *text, int64_t *ret)
{
	const char *at = text;
	int64_t total = 0;
	do {
		if (!options_take_term(&at, &total))
			return error_new(ERROR_USAGE,
					 "'%s' is no length of time: write 500ms, 90s, 2m or 1h30m",
					 text);
	} while (*at);
	*ret = total;
	return NULL;
}

static struct error *options_parse_number(const char *name, const char *text, uint64_t *ret)
{
	char *end;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno)
		return error_new(ERROR_USAGE, "%s takes a number, not '%s'", name, text);
	*ret = number;
	return NULL;
}

/* 1048576, 64K, 500M, 2G, 1T: powers of 1024; never 0, which would mean no limit. */
static struct error *options_parse_size(const char *name, const char *text, uint64_t *ret)
{
	static const char units[] = "KMGT";
	char *end;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	bool good = *text >= '0' && *text <= '9' && !errno && number;
	const char *unit = good && *end ? strchr(units, *end) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	good = good && (unit ? !end[1] || (end[1] == 'B' && !end[2]) : !*end);
	if (!good || number > UINT64_MAX >> shift)
		return error_new(ERROR_USAGE, "%s takes a size like 500M or 2G, not '%s'", name,
				 text);
	*ret = number << shift;
	return NULL;
}

static struct error *options_check_level(const char *name, const char *text, bool with_never)
{
	enum certainty ignored;
	if (certainty_parse(text, &ignored) || (with_never && strcmp(text, "never") == 0))
		return NULL;
	return error_new(ERROR_USAGE, "%s takes proved, likely%s suspect%s, not '%s'", name,
			 with_never ? "," : " or", with_never ? " or never" : "", text);
}

static struct error *options_add(struct option_list *list, const char *name, const char *value)
{
	if (list->count == OPTION_LIST_MAX)
		return error_new(ERROR_USAGE, "%s can be given %d times", name, OPTION_LIST_MAX);
	list->items[list->count++] = value;
	return NULL;
}

/* An empty expression would match all: whoever writes one has a variable that is empty. */
static struct error *options_set_pattern(struct options *options, enum option_id id,
					 const char *value)
{
	const char **const members[] = {
		[OPTION_FOCUS] = &options->focus,
		[OPTION_IGNORE] = &options->ignore,
		[OPTION_SHOW] = &options->show,
		[OPTION_HIDE] = &options->hide,
		[OPTION_TAG_FOCUS] = &options->tag_focus,
		[OPTION_TAG_IGNORE] = &options->tag_ignore,
		[OPTION_PEEK] = &options->peek,
	};
	*members[id] = value;
	return *value ? NULL
		      : error_new(ERROR_USAGE, "%s takes an expression, not an empty one",
				  catalogue[id].name);
}

static struct error *options_set(struct options *options, enum option_id id, const char *value)
{
	const char *name = catalogue[id].name;
	options->given[id] = true;
	switch (id) {
	case OPTION_OUTPUT:
		options->output = value;
		return *value ? NULL : error_new(ERROR_USAGE, "-o takes the name of a file");
	case OPTION_FORMAT:
		options->format = value;
		return NULL;
	case OPTION_EXECUTABLE:
		options->executable = value;
		return *value ? NULL : error_new(ERROR_USAGE, "--exe takes the name of a file");
	case OPTION_SPOOL:
		options->spool = value;
		return *value ? NULL : error_new(ERROR_USAGE, "--spool takes the name of a folder");
	case OPTION_SAVE:
		options->save = value;
		return *value ? NULL : error_new(ERROR_USAGE, "--save takes the name of a file");
	case OPTION_MAX_MEMORY:
		return options_parse_size(name, value, &options->max_memory);
	case OPTION_STATE:
		options->state = value;
		return NULL;
	case OPTION_FUNCTION:
		options->function = value;
		return NULL;
	case OPTION_MAX_PAUSE:
		return error_wrap(options_parse_duration(value, &options->max_pause_ns), "%s",
				  name);
	case OPTION_OVER:
		TRY(error_wrap(options_parse_duration(value, &options->over_ns), "%s", name));
		return options->over_ns
			       ? NULL
			       : error_new(ERROR_USAGE, "--over 0 is one look: leave it out");
	case OPTION_AGAINST:
		options->against = value;
		return *value ? NULL : error_new(ERROR_USAGE, "--against takes the name of a file");
	case OPTION_SUPPRESS:
		options->suppress = value;
		return *value ? NULL
			      : error_new(ERROR_USAGE, "--suppress takes the name of a file");
	case OPTION_BASELINE:
		options->baseline = value;
		return *value ? NULL
			      : error_new(ERROR_USAGE, "--baseline takes the name of a file");
	case OPTION_MIN_WAIT:
		return error_wrap(options_parse_duration(value, &options->min_wait_ns), "%s", name);
	case OPTION_LIMIT:
	case OPTION_LIMIT_SHORT:
		return options_parse_number(name, value, &options->limit);
	case OPTION_DUMP:
		return options_parse_number(name, value, &options->dump);
	case OPTION_BY:
		options->by = value;
		return NULL;
	case OPTION_TYPE:
		options->type = value;
		return NULL;
	case OPTION_WHERE:
		options->where = value;
		return NULL;
	case OPTION_SORT:
		options->sort = value;
		return NULL;
	case OPTION_RULES:
		options->rules = value;
		return NULL;
	case OPTION_MIN_CERTAINTY:
		options->min_certainty = value;
		return options_check_level(name, value, false);
	case OPTION_FAIL_ON:
		options->fail_on = value;
		return strcmp(value, "left") == 0 ? NULL : options_check_level(name, value, true);
	case OPTION_OUT:
		options->out = value;
		return *value ? NULL : error_new(ERROR_USAGE, "--out takes the name of a folder");
	case OPTION_EVERY:
		TRY(error_wrap(options_parse_duration(value, &options->every_ns), "%s", name));
		return options->every_ns ? NULL
					 : error_new(ERROR_USAGE, "--every 0 would never end");
	case OPTION_SOURCE:
		TRY(options_add(&options->sources, name, value));
		return *value ? NULL
			      : error_new(ERROR_USAGE, "--source takes the name of a folder");
	case OPTION_VALUE:
		options->value = value;
		return NULL;
	case OPTION_FOCUS:
	case OPTION_IGNORE:
	case OPTION_SHOW:
	case OPTION_HIDE:
	case OPTION_TAG_FOCUS:
	case OPTION_TAG_IGNORE:
	case OPTION_PEEK:
		return options_set_pattern(options, id, value);
	case OPTION_HEADER:
		return options_add(&options->headers, name, value);
	case OPTION_TOKEN_FILE:
		options->token_file = value;
		return *value ? NULL
			      : error_new(ERROR_USAGE, "--token-file takes the name of a file");
	case OPTION_CACERT:
		options->cacert = value;
		return *value ? NULL : error_new(ERROR_USAGE, "--cacert takes the name of a file");
	case OPTION_TIMEOUT:
		TRY(error_wrap(options_parse_duration(value, &options->timeout_ns), "%s", name));
		return options->timeout_ns
			       ? NULL
			       : error_new(ERROR_USAGE, "--timeout 0 would wait for nothing");
	case OPTION_IGNORE_TOP:
		return options_add(&options->ignore_top, name, value);
	case OPTION_IGNORE_ANY:
		return options_add(&options->ignore_any, name, value);
	default:
		return NULL; /* it was given: that is all there is to say */
	}
}

struct error *options_parse(int count, char *const *arguments, struct options *ret,
			    const char **ret_words, size_t *ret_word_count)
{
	struct options options = OPTIONS_NONE;
	size_t words = 0;
	bool only_words = false;
	for (int i = 0; i < count; i++) {
		const char *word = arguments[i];
		if (only_words || word[0] != '-' || !word[1]) {
			ret_words[words++] = word;
			only_words |= words == 2 &&
				      strcmp(ret_words[0], OPTIONS_VERB_OF_PROGRAM) == 0;
			continue;
		}
		if (strcmp(word, "--") == 0) {
			only_words = true;
			continue;
		}
		enum option_id id = options_find(word);
		if (id == OPTION_END)
			return error_new(ERROR_USAGE, "there is no option %s", word);
		const char *value = options_attached(id, word);
		if (!catalogue[id].argument && value)
			return error_new(ERROR_USAGE, "%s takes no value", catalogue[id].name);
		if (catalogue[id].argument && !value) {
			if (i + 1 == count)
				return error_new(ERROR_USAGE, "%s takes a value: %s %s",
						 catalogue[id].name, catalogue[id].name,
						 catalogue[id].argument);
			value = arguments[++i];
		}
		TRY(options_set(&options, id, value));
	}
	*ret = options;
	*ret_word_count = words;
	return NULL;
}
