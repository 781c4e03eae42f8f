/* SPDX-License-Identifier: Apache-2.0 */
#include "source/candidates.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "base/text.h"
#include "source/declared.h"

/* What is being put together. */
struct search {
	const struct source_roots *roots;
	struct arena *arena;
	struct source_candidates *found;
};

/* What follows a folder, or a package's path, in a path below it: "" for itself, NULL: not below. */
static const char *below(const char *path, const char *folder)
{
	size_t length = folder ? strlen(folder) : 0;
	if (!length || strncmp(path, folder, length) != 0)
		return NULL;
	return path[length] == '/' ? path + length + 1 : path[length] ? NULL : path + length;
}

/* A name of a stranger's must not lead out of the folder that it is looked for in. */
static bool stays_inside(const char *path)
{
	for (const char *at = path; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (strncmp(at, "../", 3) == 0 || strcmp(at, "..") == 0)
			return false;
	}
	return true;
}

static struct error *add(struct search *search, const char *folder, const char *middle,
			 const char *rest)
{
	char path[PATH_MAX];
	struct source_candidates *found = search->found;
	size_t sizes[] = { strlen(folder), strlen(middle), strlen(rest) };
	size_t used = 0;
	if (found->count == CANDIDATES_MAX || sizes[0] + sizes[1] + sizes[2] + 3 > sizeof(path) ||
	    (*folder && !(stays_inside(middle) && stays_inside(rest))))
		return NULL;
	const char *const parts[] = { folder, middle, rest };
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!sizes[i])
			continue;
		if (used && path[used - 1] != '/')
			path[used++] = '/';
		memcpy(path + used, parts[i], sizes[i]);
		used += sizes[i];
	}
	char *copy = arena_copy_string(search->arena, path, used);
	if (!copy)
		return error_no_memory();
	found->paths[found->count++] = copy;
	return NULL;
}

static struct error *add_in_folders(struct search *search, const char *middle, const char *rest)
{
	for (size_t i = 0; i < search->roots->folder_count; i++)
		TRY(add(search, search->roots->folders[i], middle, rest));
	return NULL;
}

/* By the package: its path begins with the module's, and what follows are folders. */
static struct error *add_by_package(struct search *search, const char *function, const char *file)
{
	const struct source_roots *roots = search->roots;
	char package[PATH_MAX];
	if (!roots->main_module || !declared_package(function, package, sizeof(package)))
		return NULL;
	if (strcmp(package, "main") == 0) {
		const char *folder = roots->main_package
					     ? below(roots->main_package, roots->main_module)
					     : NULL;
		return folder ? add_in_folders(search, folder, text_base_name(file)) : NULL;
	}
	const char *folder = below(package, roots->main_module);
	if (folder)
		TRY(add_in_folders(search, folder, text_base_name(file)));
	/* The package of a test beside another one lies in that one's folder. */
	size_t length = strlen(package);
	if (length <= 5 || strcmp(package + length - 5, "_test") != 0)
		return NULL;
	package[length - 5] = '\0';
	folder = below(package, roots->main_module);
	return folder ? add_in_folders(search, folder, text_base_name(file)) : NULL;
}

/* "golang.org/x/net@v0.1.0/http2/server.go" without its version; the arena's. */
static struct error *without_version(struct search *search, const char *file, const char **ret)
{
	char *copy = arena_copy_string(search->arena, file, strlen(file));
	if (!copy)
		return error_no_memory();
	char *at = strchr(copy, '@');
	if (at) {
		size_t version = strcspn(at, "/");
		memmove(at, at + version, strlen(at + version) + 1);
	}
	*ret = copy;
	return NULL;
}

/* By the end of the path, which is all that two trees have in common: the longest end first. */
static struct error *add_by_suffix(struct search *search, const char *file)
{
	const char *plain = NULL;
	TRY(without_version(search, file, &plain));
	if (plain[0] != '/')
		TRY(add_in_folders(search, "vendor", plain));
	size_t slashes = 0;
	for (const char *at = plain; *at; at++)
		slashes += *at == '/';
	/* A file's name alone tells two files of a module not apart, where it is known which module. */
	size_t least = search->roots->main_module ? 1 : 0;
	const char *at = plain + (plain[0] == '/');
	for (size_t left = slashes - (plain[0] == '/');; left--) {
		if (left >= least && left <= 16)
			TRY(add_in_folders(search, "", at));
		if (!left)
			return NULL;
		at = strchr(at, '/') + 1;
	}
}

/* In the cache "github.com/Azure" is "github.com/!azure": file systems may not know case. */
static struct error *add_cached(struct search *search, const char *file)
{
	char path[PATH_MAX];
	size_t used = 0;
	const char *version = strchr(file, '@');
	if (!search->roots->modules || !version)
		return NULL;
	const char *end = version + strcspn(version, "/");
	for (const char *at = file; *at; at++) {
		bool upper = at < end && isupper((unsigned char)*at);
		if (used + 3 > sizeof(path))
			return NULL;
		if (upper)
			path[used++] = '!';
		path[used++] = upper ? (char)tolower((unsigned char)*at) : *at;
	}
	path[used] = '\0';
	return add(search, search->roots->modules, "", path);
}

/* A path without a domain at its head is the standard library's. */
static bool is_of_library(const char *file)
{
	size_t head = strcspn(file, "/");
	return file[head] && !memchr(file, '.', head) && !memchr(file, '@', head);
}

struct error *source_candidates(const struct source_roots *roots, const char *function,
				const char *file, struct arena *arena,
				struct source_candidates *ret)
{
	struct search search = { .roots = roots, .arena = arena, .found = ret };
	ret->count = ret->exact = 0;
	size_t length = strlen(file);
	if (length < 4 || strcmp(file + length - 3, ".go") != 0)
		return NULL;
	TRY(add_by_package(&search, function, file));
	if (file[0] == '/')
		TRY(add(&search, "", "", file));
	const char *in_module = roots->main_module ? below(file, roots->main_module) : NULL;
	if (in_module && roots->folder)
		TRY(add(&search, roots->folder, "", in_module));
	if (in_module)
		TRY(add_in_folders(&search, "", in_module));
	if (file[0] != '/') {
		TRY(add_cached(&search, file));
		if (!in_module && is_of_library(file) && roots->library)
			TRY(add(&search, roots->library, "src", file));
	}
	ret->exact = ret->count;
	return add_by_suffix(&search, file);
}
