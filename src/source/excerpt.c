/* SPDX-License-Identifier: Apache-2.0 */
#include "source/excerpt.h"

#include <string.h>

#include "base/utf8.h"
#include "base/vector.h"
#include "source/declared.h"

#define FILES_MAX  128
#define BYTES_MAX  ((size_t)64 << 20)
#define PLACES_MAX 512

/* A file that was looked for, whether it was there or not. */
struct known_file {
	const char *path;
	struct source_lines lines; /* empty: it is not at hand */
};

DEFINE_VECTOR(known_file_vector, struct known_file);

struct excerpts {
	struct source_roots roots;
	int64_t built_before_ns;
	struct arena arena;
	struct known_file_vector files;
	size_t bytes;  /* of the files */
	size_t places; /* that were asked for */
};

const char *excerpt_state_name(enum excerpt_state state)
{
	static const char *const names[] = {
		[EXCERPT_SAME] = "same",
		[EXCERPT_UNSURE] = "unsure",
		[EXCERPT_CHANGED] = "changed",
	};
	return names[state];
}

struct error *excerpts_create(const struct source_roots *roots, int64_t built_before_ns,
			      struct excerpts **ret)
{
	struct excerpts *excerpts = calloc(1, sizeof(*excerpts));
	if (!excerpts)
		return error_no_memory();
	excerpts->roots = *roots;
	excerpts->built_before_ns = built_before_ns;
	*ret = excerpts;
	return NULL;
}

void excerpts_destroy(struct excerpts *excerpts)
{
	if (!excerpts)
		return;
	for (size_t i = 0; i < excerpts->files.count; i++)
		source_lines_deinit(&excerpts->files.items[i].lines);
	known_file_vector_deinit(&excerpts->files);
	arena_deinit(&excerpts->arena);
	free(excerpts);
}

/* The index of the file in `files`; SIZE_MAX when no more can be looked for. */
static struct error *open_file(struct excerpts *excerpts, const char *path, size_t *ret)
{
	for (size_t i = 0; i < excerpts->files.count; i++) {
		*ret = i;
		if (strcmp(excerpts->files.items[i].path, path) == 0)
			return NULL;
	}
	*ret = SIZE_MAX;
	if (excerpts->files.count == FILES_MAX || excerpts->bytes > BYTES_MAX)
		return NULL;
	struct known_file file = { .path = path };
	struct error *error = source_lines_read(path, &file.lines);
	if (error && error->code == ERROR_NO_MEMORY)
		return error;
	error_destroy(error);
	error = known_file_vector_append(&excerpts->files, &file);
	if (error) {
		source_lines_deinit(&file.lines);
		return error;
	}
	excerpts->bytes += file.lines.text.size;
	*ret = excerpts->files.count - 1;
	return NULL;
}

static enum excerpt_state state_of(const struct excerpts *excerpts,
				   const struct source_lines *lines, size_t line,
				   const char *function)
{
	enum declared declared = declared_at(lines, line, function);
	bool older = excerpts->built_before_ns && lines->changed_ns <= excerpts->built_before_ns;
	if (declared == DECLARED_NOT || (declared == DECLARED_PERHAPS && !older))
		return EXCERPT_CHANGED;
	return older ? EXCERPT_SAME : EXCERPT_UNSURE;
}

/* As much of a line as an excerpt has: no half of a character. */
static size_t bytes_kept(const struct source_line *line)
{
	size_t kept = 0;
	while (kept < line->length && kept < EXCERPT_LINE_MAX) {
		size_t n = utf8_character(line->bytes + kept, line->length - kept);
		kept += n ? n : 1;
	}
	return kept;
}

static struct error *copy_lines(struct excerpts *excerpts, const struct source_lines *lines,
				struct excerpt *excerpt)
{
	size_t before = MIN(excerpt->line - 1, EXCERPT_AROUND);
	size_t last = MIN(excerpt->line + EXCERPT_AROUND, lines->count);
	excerpt->first = excerpt->line - before;
	size_t count = last - excerpt->first + 1;
	const char **texts = arena_allocate(&excerpts->arena, count * sizeof(*texts));
	if (!texts)
		return error_no_memory();
	for (size_t i = 0; i < count; i++) {
		struct source_line line = source_line(lines, excerpt->first + i);
		texts[i] = arena_copy_string(&excerpts->arena, line.bytes, bytes_kept(&line));
		if (!texts[i])
			return error_no_memory();
	}
	excerpt->lines = texts;
	excerpt->count = count;
	return NULL;
}

static struct error *make(struct excerpts *excerpts, const struct source_candidates *candidates,
			  const char *function, size_t line, const struct excerpt **ret)
{
	struct excerpt best = { .state = EXCERPT_CHANGED, .line = line };
	size_t found = SIZE_MAX;
	for (size_t i = 0; i < candidates->count; i++) {
		size_t index;
		TRY(open_file(excerpts, candidates->paths[i], &index));
		if (index == SIZE_MAX || !excerpts->files.items[index].lines.count)
			continue;
		const struct known_file *file = &excerpts->files.items[index];
		enum excerpt_state state = state_of(excerpts, &file->lines, line, function);
		/* The first that there is, unless another one fits better. One that only ends alike
		   and does not fit is another file. */
		if ((best.file && state >= best.state) ||
		    (state == EXCERPT_CHANGED && i >= candidates->exact))
			continue;
		best.file = file->path;
		best.state = state;
		found = index;
		if (state == EXCERPT_SAME)
			break;
	}
	if (!best.file)
		return NULL;
	if (best.state != EXCERPT_CHANGED)
		TRY(copy_lines(excerpts, &excerpts->files.items[found].lines, &best));
	struct excerpt *excerpt = arena_allocate(&excerpts->arena, sizeof(*excerpt));
	if (!excerpt)
		return error_no_memory();
	*excerpt = best;
	*ret = excerpt;
	return NULL;
}

struct error *excerpts_find(struct excerpts *excerpts, const char *function, const char *file,
			    int32_t line, const struct excerpt **ret)
{
	struct source_candidates candidates;
	*ret = NULL;
	if (!function || !file || line <= 0 || excerpts->places == PLACES_MAX)
		return NULL;
	excerpts->places++;
	TRY(source_candidates(&excerpts->roots, function, file, &excerpts->arena, &candidates));
	return make(excerpts, &candidates, function, (size_t)line, ret);
}
