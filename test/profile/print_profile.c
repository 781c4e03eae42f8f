/* SPDX-License-Identifier: Apache-2.0 */

/*
 * print-profile: what the library makes of profiles, for test_profiles.py to compare with what
 * canonical/main.go makes of them. One question a line of standard input:
 *
 *	decode FILE
 *	encode FILE	what is read of what was written of it
 *	merge FILE FILE
 *	diff FILE FILE	what the first has more, the second labelled
 *	filter FILE focus=EXPRESSION ignore=... hide=... show=...
 *	graph FILE	of the first value, who calls whom
 *
 * Each answer is some sorted lines and a line with a dot. Text is in hexadecimal digits.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/writer.h"
#include "profile/builder.h"
#include "profile/encode.h"
#include "profile/filter.h"
#include "profile/graph.h"
#include "profile/merge.h"
#include "profile/read.h"

static void hex(struct writer *writer, const struct profile *profile, uint32_t text)
{
	struct profile_text bytes = profile_text(profile, text);
	writer_char(writer, '\'');
	for (uint32_t i = 0; i < bytes.length; i++)
		writer_printf(writer, "%02x", (unsigned char)bytes.bytes[i]);
}

static void print_line(struct writer *writer, const struct profile *profile,
		       const struct profile_line *line)
{
	writer_char(writer, '{');
	if (line->function != PROFILE_NONE) {
		const struct profile_function *function = &profile->functions[line->function];
		hex(writer, profile, function->name);
		hex(writer, profile, function->system_name);
		hex(writer, profile, function->file);
		writer_printf(writer, " %" PRId64, function->start_line);
	}
	writer_printf(writer, ":%" PRId64 ":%" PRId64 "}", line->line, line->column);
}

static void print_location(struct writer *writer, const struct profile *profile, uint32_t number)
{
	const struct profile_location *location = &profile->locations[number];
	if (location->mapping != PROFILE_NONE) {
		const struct profile_mapping *mapping = &profile->mappings[location->mapping];
		writer_printf(writer, "[%" PRIx64 " %" PRIx64 " %" PRIx64, mapping->start,
			      mapping->limit, mapping->offset);
		hex(writer, profile, mapping->file);
		hex(writer, profile, mapping->build_id);
		writer_printf(writer, " %d%d%d%d]", mapping->has_functions, mapping->has_files,
			      mapping->has_lines, mapping->has_inlined);
	}
	writer_printf(writer, "@%" PRIx64 "/%d", location->address, location->folded);
	for (uint32_t i = 0; i < location->line_count; i++)
		print_line(writer, profile, &profile->lines[location->first_line + i]);
}

static int compare_text(const struct profile *profile, uint32_t left, uint32_t right)
{
	struct profile_text a = profile_text(profile, left), b = profile_text(profile, right);
	int order = memcmp(a.bytes, b.bytes, MIN(a.length, b.length));
	return order ? order : a.length < b.length ? -1 : a.length > b.length;
}

/* Text first, by key; those of one key in their order. */
static bool label_is_after(const struct profile *profile, const struct profile_label *left,
			   const struct profile_label *right)
{
	if (!left->text != !right->text)
		return !left->text;
	return compare_text(profile, left->key, right->key) > 0;
}

static void print_labels(struct writer *writer, struct profile *profile, uint32_t sample)
{
	uint32_t begin = profile->label_begins[sample], end = profile->label_begins[sample + 1];
	for (uint32_t i = begin + 1; i < end; i++) {
		struct profile_label label = profile->labels[i];
		uint32_t at = i;
		for (; at > begin && label_is_after(profile, &profile->labels[at - 1], &label);
		     at--)
			profile->labels[at] = profile->labels[at - 1];
		profile->labels[at] = label;
	}
	for (uint32_t i = begin; i < end; i++) {
		const struct profile_label *label = &profile->labels[i];
		writer_string(writer, label->text ? " t" : " n");
		hex(writer, profile, label->key);
		if (label->text) {
			hex(writer, profile, label->text);
		} else {
			writer_printf(writer, "=%" PRId64, label->number);
			hex(writer, profile, label->unit);
		}
	}
}

static void print_sample(struct writer *writer, struct profile *profile, uint32_t sample)
{
	writer_string(writer, "sample");
	for (uint32_t i = 0; i < profile->type_count; i++)
		writer_printf(writer, " %" PRId64,
			      profile->values[(size_t)sample * profile->type_count + i]);
	for (uint32_t i = profile->stack_begins[sample]; i < profile->stack_begins[sample + 1];
	     i++) {
		writer_char(writer, '|');
		print_location(writer, profile, profile->frames[i]);
	}
	print_labels(writer, profile, sample);
}

static int compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static void print_header(const struct profile *profile, struct writer *writer)
{
	writer_string(writer, "types");
	for (uint32_t i = 0; i < profile->type_count; i++) {
		hex(writer, profile, profile->types[i].type);
		hex(writer, profile, profile->types[i].unit);
	}
	writer_string(writer, "\nperiod");
	hex(writer, profile, profile->period_type.type);
	hex(writer, profile, profile->period_type.unit);
	writer_printf(writer, " %" PRId64 "\ntime %" PRId64 " %" PRId64 "\nframes", profile->period,
		      profile->time_ns, profile->duration_ns);
	hex(writer, profile, profile->drop_frames);
	hex(writer, profile, profile->keep_frames);
	hex(writer, profile, profile->default_type);
	hex(writer, profile, profile->doc_url);
	writer_string(writer, "\ncomments");
	for (uint32_t i = 0; i < profile->comment_count; i++)
		hex(writer, profile, profile->comments[i]);
	writer_char(writer, '\n');
}

static void print_profile(struct profile *profile, struct writer *out)
{
	char **lines = calloc(profile->sample_count + 1u, sizeof(*lines));
	print_header(profile, out);
	for (uint32_t i = 0; lines && i < profile->sample_count; i++) {
		struct writer line = WRITER_TO_MEMORY;
		print_sample(&line, profile, i);
		lines[i] = strdup(writer_text(&line));
		writer_deinit(&line);
	}
	qsort(lines, profile->sample_count, sizeof(*lines), compare);
	for (uint32_t i = 0; i < profile->sample_count; i++) {
		writer_printf(out, "%s\n", lines[i]);
		free(lines[i]);
	}
	free(lines);
}

static struct error *read_file(const char *path, struct profile **ret)
{
	_cleanup_(close_descriptor) int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return error_new(ERROR_NOT_FOUND, "%s", path);
	return profile_read(file, path, ret);
}

static struct error *print_again(const struct profile *profile, struct writer *out)
{
	_cleanup_(profile_cleanup) struct profile *again = NULL;
	struct writer bytes = WRITER_TO_MEMORY;
	struct error *error = profile_encode(profile, &bytes);
	if (!error)
		error = profile_read_bytes(bytes.bytes, bytes.length, "again", &again);
	writer_deinit(&bytes);
	if (!error)
		print_profile(again, out);
	return error;
}

static struct error *compile_words(char *words, struct profile_filter *filter)
{
	const struct {
		const char *name;
		struct pattern *pattern;
	} known[] = {
		{ "focus=", &filter->focus },
		{ "ignore=", &filter->ignore },
		{ "hide=", &filter->hide },
		{ "show=", &filter->show },
	};
	char *left = NULL;
	for (char *word = strtok_r(words, " \n", &left); word;
	     word = strtok_r(NULL, " \n", &left)) {
		for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
			size_t length = strlen(known[i].name);
			if (strncmp(word, known[i].name, length) == 0)
				TRY(pattern_compile(known[i].name, word + length,
						    known[i].pattern));
		}
	}
	return NULL;
}

static struct error *print_filtered(struct profile *profile, char *words, struct writer *out)
{
	_cleanup_(profile_filter_deinit) struct profile_filter filter = { 0 };
	TRY(compile_words(words, &filter));
	TRY(profile_filter_apply(&filter, profile));
	print_profile(profile, out);
	return NULL;
}

static void hex_name(struct writer *writer, struct profile_text name)
{
	writer_char(writer, '\'');
	for (uint32_t i = 0; i < name.length; i++)
		writer_printf(writer, "%02x", (unsigned char)name.bytes[i]);
}

static struct error *print_graph(struct profile *profile, struct writer *out)
{
	struct profile_graph graph;
	TRY(profile_graph_make(profile, 0, UINT32_MAX, &graph));
	size_t count = 0;
	char **lines = calloc(graph.count + graph.edge_count + 1, sizeof(*lines));
	for (size_t i = 0; lines && i < graph.count + graph.edge_count; i++) {
		struct writer line = WRITER_TO_MEMORY;
		if (i < graph.count && graph.nodes[i].kept) {
			writer_string(&line, "node");
			hex_name(&line, graph.nodes[i].name);
			writer_printf(&line, " %" PRId64 " %" PRId64, graph.nodes[i].flat,
				      graph.nodes[i].cum);
		} else if (i >= graph.count && graph.edges[i - graph.count].value) {
			const struct profile_graph_edge *edge = &graph.edges[i - graph.count];
			writer_string(&line, "edge");
			hex_name(&line, graph.nodes[edge->caller].name);
			hex_name(&line, graph.nodes[edge->callee].name);
			writer_printf(&line, " %" PRId64, edge->value);
		}
		if (line.length)
			lines[count++] = strdup(writer_text(&line));
		writer_deinit(&line);
	}
	qsort(lines, count, sizeof(*lines), compare);
	writer_string(out, "graph\n");
	for (size_t i = 0; i < count; i++) {
		writer_printf(out, "%s\n", lines[i]);
		free(lines[i]);
	}
	free(lines);
	profile_graph_deinit(&graph);
	return NULL;
}

static struct error *answer(const char *what, const char *first, const char *second, char *words,
			    struct writer *out)
{
	_cleanup_(profile_cleanup) struct profile *one = NULL;
	_cleanup_(profile_cleanup) struct profile *other = NULL;
	_cleanup_(profile_cleanup) struct profile *made = NULL;
	TRY(read_file(first, &one));
	if (strcmp(what, "decode") == 0) {
		print_profile(one, out);
		return NULL;
	}
	if (strcmp(what, "encode") == 0)
		return print_again(one, out);
	if (strcmp(what, "filter") == 0)
		return print_filtered(one, words, out);
	if (strcmp(what, "graph") == 0)
		return print_graph(one, out);
	TRY(read_file(second, &other));
	struct profile *both[] = { one, other };
	TRY(strcmp(what, "merge") == 0 ? profile_merge(both, 2, "sum", &made)
				       : profile_subtract(one, other, true, "difference", &made));
	print_profile(made, out);
	return NULL;
}

int main(void)
{
	struct writer out = WRITER_TO_DESCRIPTOR(STDOUT_FILENO);
	char line[8192], what[16], first[4000], second[4000];
	while (fgets(line, sizeof(line), stdin)) {
		second[0] = 0;
		if (sscanf(line, "%15s %3999s %3999s", what, first, second) < 2)
			continue;
		struct error *error = answer(what, first, second, line, &out);
		if (error)
			writer_printf(&out, "error %s\n", error->message);
		error_destroy(error);
		writer_string(&out, ".\n");
	}
	struct error *error = writer_finish(&out);
	writer_deinit(&out);
	error_destroy(error);
	return error != NULL;
}
