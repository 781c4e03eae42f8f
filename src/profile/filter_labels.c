/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/filter_labels.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

enum { UNIT_NONE, UNIT_BYTES, UNIT_TIME };

static const struct {
	const char *name;
	int kind;
	double factor;
} units[] = {
	{ "b", UNIT_BYTES, 1 },
	{ "byte", UNIT_BYTES, 1 },
	{ "kb", UNIT_BYTES, 1024 },
	{ "kib", UNIT_BYTES, 1024 },
	{ "kilobyte", UNIT_BYTES, 1024 },
	{ "mb", UNIT_BYTES, 1048576 },
	{ "mib", UNIT_BYTES, 1048576 },
	{ "megabyte", UNIT_BYTES, 1048576 },
	{ "gb", UNIT_BYTES, 1073741824 },
	{ "gib", UNIT_BYTES, 1073741824 },
	{ "gigabyte", UNIT_BYTES, 1073741824 },
	{ "ns", UNIT_TIME, 1 },
	{ "nanosecond", UNIT_TIME, 1 },
	{ "us", UNIT_TIME, 1e3 },
	{ "microsecond", UNIT_TIME, 1e3 },
	{ "ms", UNIT_TIME, 1e6 },
	{ "millisecond", UNIT_TIME, 1e6 },
	{ "s", UNIT_TIME, 1e9 },
	{ "sec", UNIT_TIME, 1e9 },
	{ "second", UNIT_TIME, 1e9 },
	{ "min", UNIT_TIME, 60e9 },
	{ "minute", UNIT_TIME, 60e9 },
	{ "h", UNIT_TIME, 3600e9 },
	{ "hour", UNIT_TIME, 3600e9 },
};

/* Kind and factor of a unit: none of what is not known, which then counts as it is. */
static int unit_of(const char *bytes, size_t length, double *ret)
{
	*ret = 1;
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
			if (strlen(units[i].name) != length ||
			    strncasecmp(units[i].name, bytes, length) != 0)
				continue;
			*ret = units[i].factor;
			return units[i].kind;
		}
		/* "bytes", "seconds"; but "ns" is no plural. */
		if (!length || bytes[length - 1] != 's')
			break;
		length--;
	}
	return UNIT_NONE;
}

/* "12", "-4kb": a number and its unit; *text is moved behind it. */
static bool take_number(const char **text, double *ret, int *ret_kind)
{
	const char *digits = *text + (**text == '-' || **text == '+');
	char *end;
	if (*digits < '0' || *digits > '9')
		return false;
	errno = 0;
	long long number = strtoll(*text, &end, 10);
	size_t length = 0;
	while ((end[length] >= 'a' && end[length] <= 'z') ||
	       (end[length] >= 'A' && end[length] <= 'Z'))
		length++;
	double factor;
	int kind = unit_of(end, length, &factor);
	if (errno || (length && kind == UNIT_NONE))
		return false;
	*ret = (double)number * factor;
	*ret_kind = kind;
	*text = end + length;
	return true;
}

/* "32kb", ":64kb", "4mb:", "12kb:64mb". */
static bool take_range(const char *text, struct label_filter *filter)
{
	int kind;
	filter->least = -HUGE_VAL;
	filter->most = HUGE_VAL;
	if (*text == ':') {
		text++;
		return take_number(&text, &filter->most, &filter->kind) && !*text;
	}
	if (!take_number(&text, &filter->least, &filter->kind))
		return false;
	if (!*text) {
		filter->most = filter->least;
		return true;
	}
	if (*text++ != ':')
		return false;
	if (!*text)
		return true;
	return take_number(&text, &filter->most, &kind) && !*text && kind == filter->kind;
}

static struct error *compile(const char *option, const char *text, struct label_filter *filter)
{
	const char *equals = strchr(text, '=');
	if (equals) {
		filter->key = strndup(text, (size_t)(equals - text));
		if (!filter->key)
			return error_no_memory();
		text = equals + 1;
	}
	if (take_range(text, filter))
		return NULL;
	while (text) {
		const char *comma = strchr(text, ',');
		_cleanup_(free_pointer) char *one = comma ? strndup(text, (size_t)(comma - text))
							  : strdup(text);
		if (!one)
			return error_no_memory();
		if (filter->pattern_count == LABEL_PATTERNS_MAX)
			return error_new(ERROR_USAGE, "%s takes %d expressions", option,
					 LABEL_PATTERNS_MAX);
		TRY(pattern_compile(option, one, &filter->patterns[filter->pattern_count]));
		filter->pattern_count++;
		text = comma ? comma + 1 : NULL;
	}
	return NULL;
}

struct error *label_filter_compile(const char *option, const char *text, struct label_filter *ret)
{
	struct label_filter filter = { .set = true };
	struct error *error = compile(option, text, &filter);
	if (error)
		label_filter_deinit(&filter);
	else
		*ret = filter;
	return error;
}

void label_filter_deinit(struct label_filter *filter)
{
	for (size_t i = 0; i < filter->pattern_count; i++)
		pattern_deinit(&filter->patterns[i]);
	free(filter->key);
	*filter = (struct label_filter){ 0 };
}

static bool number_matches(const struct label_filter *filter, const struct profile *profile,
			   const struct profile_label *label)
{
	/* Without a unit the key is one, if it can be: Go's heap profiles have bytes by that name. */
	struct profile_text unit = profile_text(profile, label->unit ? label->unit : label->key);
	double factor, value = (double)label->number;
	int kind = unit_of(unit.bytes, unit.length, &factor);
	if (filter->kind != UNIT_NONE && kind != filter->kind)
		return false;
	if (filter->kind != UNIT_NONE)
		value *= factor;
	return value >= filter->least && value <= filter->most;
}

/* With a key its value is matched, else all of "key:value". */
static bool text_matches(const struct label_filter *filter, size_t pattern,
			 const struct profile *profile, const struct profile_label *label)
{
	struct profile_text value = profile_text(profile, label->text),
			    key = profile_text(profile, label->key);
	if (filter->key)
		return pattern_matches(&filter->patterns[pattern], value);
	char room[256];
	size_t length = (size_t)key.length + value.length + 1;
	_cleanup_(free_pointer) char *larger = length > sizeof(room) ? malloc(length) : NULL;
	char *both = length > sizeof(room) ? larger : room;
	if (!both)
		return false;
	if (key.length)
		memcpy(both, key.bytes, key.length);
	both[key.length] = ':';
	memcpy(both + key.length + 1, value.bytes, value.length);
	return pattern_matches(&filter->patterns[pattern],
			       (struct profile_text){ both, (uint32_t)length });
}

static bool has_key(const struct label_filter *filter, const struct profile *profile,
		    const struct profile_label *label)
{
	return !filter->key || profile_text_is(profile, label->key, filter->key);
}

static bool any_text(const struct label_filter *filter, size_t pattern,
		     const struct profile *profile, uint32_t sample)
{
	for (uint32_t i = profile->label_begins[sample]; i < profile->label_begins[sample + 1];
	     i++) {
		const struct profile_label *label = &profile->labels[i];
		if (label->text && has_key(filter, profile, label) &&
		    text_matches(filter, pattern, profile, label))
			return true;
	}
	return false;
}

static bool any_number(const struct label_filter *filter, const struct profile *profile,
		       uint32_t sample)
{
	for (uint32_t i = profile->label_begins[sample]; i < profile->label_begins[sample + 1];
	     i++) {
		const struct profile_label *label = &profile->labels[i];
		if (!label->text && has_key(filter, profile, label) &&
		    number_matches(filter, profile, label))
			return true;
	}
	return false;
}

bool label_filter_matches(const struct label_filter *filter, const struct profile *profile,
			  uint32_t sample)
{
	size_t matched = 0;
	if (!filter->pattern_count)
		return any_number(filter, profile, sample);
	for (size_t i = 0; i < filter->pattern_count; i++)
		matched += any_text(filter, i, profile, sample);
	/* One of them is enough of a key's value; of none in particular, all must be there. */
	return filter->key ? matched > 0 : matched == filter->pattern_count;
}
