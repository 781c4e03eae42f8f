/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/source_shown.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static int64_t nanoseconds(const struct timespec *time)
{
	return time->tv_sec * (int64_t)1000000000 + time->tv_nsec;
}

static void settle(int64_t *earliest, int64_t ns)
{
	if (ns > 0 && (!*earliest || ns < *earliest))
		*earliest = ns;
}

static void settle_by_file(int64_t *earliest, const struct stat *status)
{
	if (S_ISREG(status->st_mode))
		settle(earliest, nanoseconds(&status->st_mtim));
}

int64_t source_built_before(const struct subject *subject, int descriptor)
{
	char path[64];
	struct stat status;
	struct timespec now;
	int64_t earliest = 0, age_ns = MAX(subject->uptime_ns, 0);
	bool runs = subject_runs(subject) && subject->pid;
	if (descriptor >= 0 && fstat(descriptor, &status) == 0)
		settle_by_file(&earliest, &status);
	if (runs && clock_gettime(CLOCK_REALTIME, &now) == 0)
		settle(&earliest, nanoseconds(&now));
	/* It ran for so long before that moment. */
	if (earliest > age_ns)
		earliest -= age_ns;
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)subject->pid);
	const char *executable = runs ? path : subject->executable;
	if (executable && stat(executable, &status) == 0)
		settle_by_file(&earliest, &status);
	return earliest;
}

/* The value of an environment variable with something behind it; NULL where it is not set. */
static struct error *join(struct arena *arena, const char *variable, const char *rest,
			  const char **ret)
{
	const char *value = getenv(variable);
	char path[PATH_MAX];
	*ret = NULL;
	if (!value || value[0] != '/')
		return NULL;
	/* GOPATH may be a list, whose first counts. */
	int n = snprintf(path, sizeof(path), "%.*s%s", (int)strcspn(value, ":"), value, rest);
	if (n < 0 || n >= (int)sizeof(path))
		return NULL;
	*ret = arena_copy_string(arena, path, (size_t)n);
	return *ret ? NULL : error_no_memory();
}

static struct error *find_roots(struct arena *arena, struct source_roots *roots)
{
	static const struct {
		const char *variable, *rest;
	} caches[] = { { "GOMODCACHE", "" }, { "GOPATH", "/pkg/mod" }, { "HOME", "/go/pkg/mod" } };
	for (size_t i = 0; i < ARRAY_SIZE(caches) && !roots->modules; i++)
		TRY(join(arena, caches[i].variable, caches[i].rest, &roots->modules));
	TRY(join(arena, "GOROOT", "", &roots->library));
	if (!roots->library)
		roots->library = "/usr/local/go";
	return NULL;
}

struct error *source_show(const struct options *options, const struct diagnosis *diagnosis,
			  struct findings *findings, struct source_shown *ret)
{
	struct source_roots roots = {
		.folders = options->sources.items,
		.folder_count = options->sources.count,
		.folder = diagnosis->folder,
		.main_module = diagnosis->main_module,
		.main_package = diagnosis->main_package,
	};
	TRY(find_roots(&ret->arena, &roots));
	TRY(excerpts_create(&roots, diagnosis->built_before_ns, &ret->excerpts));
	for (size_t i = 0; i < findings->list.count; i++) {
		struct finding *finding = &findings->list.items[i];
		const struct place *place = &finding->place, *creation = &finding->created_by;
		TRY(excerpts_find(ret->excerpts, place->function, place->file, place->line,
				  &finding->source));
		TRY(excerpts_find(ret->excerpts, creation->function, creation->file, creation->line,
				  &finding->created_source));
	}
	return NULL;
}

void source_shown_deinit(struct source_shown *shown)
{
	excerpts_destroy(shown->excerpts);
	arena_deinit(&shown->arena);
	*shown = (struct source_shown){ 0 };
}
