/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A function's name in the first line, and a Go file in the others: each of its lines is asked for.
 * Lines lie within the file, and where a function is found around one it has a package.
 */
#include <assert.h>
#include <string.h>

#include "source/candidates.h"
#include "source/declared.h"

#define LINES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask_lines(const struct source_lines *lines, const char *function)
{
	char package[64];
	const uint8_t *end = lines->text.bytes + lines->text.size;
	for (size_t i = 0; i <= lines->count + 1 && i < LINES_MAX; i++) {
		struct source_line line = source_line(lines, i);
		assert(!line.length || (const uint8_t *)line.bytes + line.length <= end);
		assert(!memchr(line.bytes, '\n', line.length));
		if (declared_at(lines, i, function) != DECLARED_NOT)
			assert(line.length && strchr(function, '.'));
	}
	if (declared_package(function, package, sizeof(package)))
		assert(strlen(package) < sizeof(package) && package[0]);
}

static void ask_candidates(const char *name)
{
	static const char *const folders[] = { "/src", "." };
	const struct source_roots roots = { .folders = folders,
					    .folder_count = 2,
					    .folder = "/here",
					    .main_module = "example.com/shop",
					    .main_package = "example.com/shop/cmd",
					    .library = "/go",
					    .modules = "/cache" };
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	struct source_candidates found;
	if (!error_ignore(source_candidates(&roots, name, name, &arena, &found)))
		return;
	assert(found.exact <= found.count && found.count <= CANDIDATES_MAX);
	for (size_t i = 0; i < found.count; i++) {
		/* As it is named, or inside a folder. */
		assert(strcmp(found.paths[i], name) == 0 || !strstr(found.paths[i], "/../"));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	size_t head = end ? (size_t)(end - data) : size;
	_cleanup_(free_pointer) char *name = malloc(head + 1);
	uint8_t *text = malloc(size - head + 1);
	_cleanup_(source_lines_deinit) struct source_lines lines = { 0 };
	if (!name || !text)
		abort();
	if (head)
		memcpy(name, data, head);
	name[head] = '\0';
	if (size - head)
		memcpy(text, data + head, size - head);
	struct file_bytes bytes = { .bytes = text, .size = size - head };
	if (error_ignore(source_lines_of(&bytes, &lines)))
		ask_lines(&lines, name);
	ask_candidates(name);
	return 0;
}
