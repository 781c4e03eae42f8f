/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/filter.h"

#include <string.h>

/* What is known of each location before samples are looked at. */
enum {
	LOCATION_FOCUSED = 1,
	LOCATION_IGNORED = 2,
	LOCATION_HIDDEN = 4, /* all of it */
};

/* One of the expressions, and what it says of every text: asked once each, when it is first wanted. */
struct question {
	const struct pattern *pattern;
	uint8_t *answers; /* 0 unknown, 1 no, 2 yes */
};

struct filtering {
	const struct profile_filter *filter;
	struct profile *profile;
	struct question focus, ignore, hide, show;
	uint8_t *locations;
};

static void filtering_deinit(struct filtering *filtering)
{
	free(filtering->focus.answers);
	free(filtering->ignore.answers);
	free(filtering->hide.answers);
	free(filtering->show.answers);
	free(filtering->locations);
}

void profile_filter_deinit(struct profile_filter *filter)
{
	pattern_deinit(&filter->focus);
	pattern_deinit(&filter->ignore);
	pattern_deinit(&filter->hide);
	pattern_deinit(&filter->show);
	label_filter_deinit(&filter->tag_focus);
	label_filter_deinit(&filter->tag_ignore);
}

static struct error *question_begin(const struct profile *profile, const struct pattern *pattern,
				    struct question *ret)
{
	*ret = (struct question){ .pattern = pattern };
	if (!pattern->set)
		return NULL;
	ret->answers = calloc(profile->text_count + 1u, 1);
	return ret->answers ? NULL : error_no_memory();
}

static bool text_says(const struct question *question, const struct profile *profile, uint32_t text)
{
	uint8_t *answer = &question->answers[text];
	if (!*answer)
		*answer = pattern_matches(question->pattern, profile_text(profile, text)) ? 2 : 1;
	return *answer == 2;
}

static bool file_says(const struct question *question, const struct profile *profile,
		      const struct profile_location *location)
{
	return location->mapping != PROFILE_NONE &&
	       text_says(question, profile, profile->mappings[location->mapping].file);
}

static bool line_says(const struct question *question, const struct profile *profile,
		      const struct profile_line *line)
{
	if (line->function == PROFILE_NONE)
		return false;
	const struct profile_function *function = &profile->functions[line->function];
	return text_says(question, profile, function->name) ||
	       text_says(question, profile, function->file);
}

/* By the name or the file of any function in it, or the file that its code is in. */
static bool location_says(const struct question *question, const struct profile *profile,
			  const struct profile_location *location)
{
	for (uint32_t i = 0; i < location->line_count; i++) {
		if (line_says(question, profile, &profile->lines[location->first_line + i]))
			return true;
	}
	return file_says(question, profile, location);
}

/* Keep the lines of which it says `kept`; those of no function stay. */
static void keep_lines(const struct question *question, struct profile *profile,
		       struct profile_location *location, bool kept)
{
	struct profile_line *lines = profile->lines + location->first_line;
	uint32_t to = 0;
	for (uint32_t i = 0; i < location->line_count; i++) {
		if (lines[i].function == PROFILE_NONE ||
		    line_says(question, profile, &lines[i]) == kept)
			lines[to++] = lines[i];
	}
	location->line_count = to;
}

static uint8_t look_at(struct filtering *filtering, struct profile_location *location)
{
	struct profile *profile = filtering->profile;
	const struct profile_filter *filter = filtering->filter;
	uint8_t flags = 0;
	if (filter->ignore.set && location_says(&filtering->ignore, profile, location))
		flags = LOCATION_IGNORED;
	else if (!filter->focus.set || location_says(&filtering->focus, profile, location))
		flags = LOCATION_FOCUSED;
	if (filter->hide.set && location_says(&filtering->hide, profile, location)) {
		if (file_says(&filtering->hide, profile, location))
			location->line_count = 0;
		else
			keep_lines(&filtering->hide, profile, location, false);
		flags |= location->line_count ? 0 : LOCATION_HIDDEN;
	}
	if (filter->show.set) {
		if (!file_says(&filtering->show, profile, location))
			keep_lines(&filtering->show, profile, location, true);
		flags |= location->line_count ? 0 : LOCATION_HIDDEN;
	}
	return flags;
}

static bool is_wanted(const struct filtering *filtering, uint32_t sample)
{
	const struct profile *profile = filtering->profile;
	const struct profile_filter *filter = filtering->filter;
	bool by_name = filter->focus.set || filter->ignore.set || filter->hide.set ||
		       filter->show.set;
	uint8_t flags = by_name ? 0 : LOCATION_FOCUSED;
	for (uint32_t i = profile->stack_begins[sample]; i < profile->stack_begins[sample + 1]; i++)
		flags |= filtering->locations[profile->frames[i]];
	if (!(flags & LOCATION_FOCUSED) || (flags & LOCATION_IGNORED))
		return false;
	if (filter->tag_focus.set && !label_filter_matches(&filter->tag_focus, profile, sample))
		return false;
	return !filter->tag_ignore.set ||
	       !label_filter_matches(&filter->tag_ignore, profile, sample);
}

/* The frames that are left of a sample, from `to` on; how many. */
static uint32_t keep_frames(struct filtering *filtering, uint32_t begin, uint32_t end, uint32_t to)
{
	uint32_t *frames = filtering->profile->frames, kept = 0;
	for (uint32_t i = begin; i < end; i++) {
		if (!(filtering->locations[frames[i]] & LOCATION_HIDDEN))
			frames[to + kept++] = frames[i];
	}
	return kept;
}

/* All moves towards the beginning, so that nothing is overwritten before it was read. */
static void keep_samples(struct filtering *filtering)
{
	struct profile *profile = filtering->profile;
	uint32_t to = 0, frames = 0, labels = 0, begin = 0, label_begin = 0;
	for (uint32_t i = 0; i < profile->sample_count; i++) {
		uint32_t end = profile->stack_begins[i + 1],
			 label_end = profile->label_begins[i + 1];
		profile->stack_begins[i] = begin;
		profile->label_begins[i] = label_begin;
		bool wanted = is_wanted(filtering, i);
		uint32_t kept = wanted ? keep_frames(filtering, begin, end, frames) : 0;
		/* Nothing left of what was a stack: it has been hidden. */
		if (wanted && (kept || begin == end)) {
			if (label_end > label_begin)
				memmove(profile->labels + labels, profile->labels + label_begin,
					(label_end - label_begin) * sizeof(*profile->labels));
			memmove(profile->values + (size_t)to * profile->type_count,
				profile->values + (size_t)i * profile->type_count,
				profile->type_count * sizeof(*profile->values));
			frames += kept;
			labels += label_end - label_begin;
			/* Of sample i the ends are still needed: these are of one before it. */
			profile->stack_begins[to] = frames - kept;
			profile->label_begins[to] = labels - (label_end - label_begin);
			to++;
		}
		begin = end;
		label_begin = label_end;
	}
	profile->stack_begins[to] = frames;
	profile->label_begins[to] = labels;
	profile->sample_count = to;
}

struct error *profile_filter_apply(const struct profile_filter *filter, struct profile *profile)
{
	_cleanup_(filtering_deinit) struct filtering filtering = { .filter = filter,
								   .profile = profile };
	TRY(question_begin(profile, &filter->focus, &filtering.focus));
	TRY(question_begin(profile, &filter->ignore, &filtering.ignore));
	TRY(question_begin(profile, &filter->hide, &filtering.hide));
	TRY(question_begin(profile, &filter->show, &filtering.show));
	filtering.locations = calloc(profile->location_count + 1u, 1);
	if (!filtering.locations)
		return error_no_memory();
	for (uint32_t i = 0; i < profile->location_count; i++)
		filtering.locations[i] = look_at(&filtering, &profile->locations[i]);
	keep_samples(&filtering);
	return NULL;
}

int64_t profile_total(const struct profile *profile, uint32_t type)
{
	uint64_t total = 0;
	for (uint32_t i = 0; i < profile->sample_count; i++)
		total += (uint64_t)profile->values[(size_t)i * profile->type_count + type];
	return (int64_t)total;
}
