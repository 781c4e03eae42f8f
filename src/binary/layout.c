/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/layout.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/writer.h"

const struct layout_member layout_members[LAYOUT_FIELDS] = {
#define LAYOUT_MEMBER(field, types, path) { LAYOUT_KIND_MEMBER, #field, types, path },
#define LAYOUT_SIZE(field, types)         { LAYOUT_KIND_SIZE, #field, types, "" },
#define LAYOUT_STRIDE(field, types, path) { LAYOUT_KIND_STRIDE, #field, types, path },
#define LAYOUT_COUNT(field, types, path)  { LAYOUT_KIND_COUNT, #field, types, path },
#define LAYOUT_CONSTANT(field, names)     { LAYOUT_KIND_CONSTANT, #field, names, "" },
#include "binary/layout_members.h"
};

/*
 * The table. Releases are numbers that compare: minor and patch. A field's values are runs: a
 * value holds from its release until that of the next run. A run of release 0 starts a field.
 */
#define RELEASE(minor, patch)  ((minor) << 8 | (patch))
#define RELEASE_MINOR(release) ((release) >> 8)
#define RELEASE_PATCH(release) ((release)&0xff)
#define OLDEST_MINOR           19

struct run {
	int32_t release;
	int32_t value; /* or the field */
};

struct change {
	int32_t field; /* LAYOUT_FIELDS ends the list */
	int32_t value;
};

struct experiment {
	enum elf_machine machine;
	int release;
	const char *name;
	const struct change *changes;
};

#define NONE LAYOUT_ABSENT

static const uint16_t releases[] = {
#define LAYOUT_RELEASES
#define R(minor, patch) RELEASE(minor, patch),
#include "binary/layout_table.inc"
#undef R
#undef LAYOUT_RELEASES
};

#define F(field, ...)          { 0, LAYOUT_FIELD_##field }, __VA_ARGS__
#define V(minor, patch, value) { RELEASE(minor, patch), value },

static const struct run runs_amd64[] = {
#define LAYOUT_AMD64_RUNS
#include "binary/layout_table.inc"
#undef LAYOUT_AMD64_RUNS
};

/* Fields that differ from amd64. */
static const struct run runs_arm64[] = {
#define LAYOUT_ARM64_RUNS
#include "binary/layout_table.inc"
#undef LAYOUT_ARM64_RUNS
};

#undef F
#undef V

static const struct experiment experiments[] = {
#define LAYOUT_EXPERIMENTS
#define C(field, value) { LAYOUT_FIELD_##field, value },
#define E(machine, minor, patch, name, ...)                                                        \
	{ ELF_##machine, RELEASE(minor, patch), name,                                              \
	  (const struct change[]){ __VA_ARGS__{ LAYOUT_FIELDS, 0 } } },
#include "binary/layout_table.inc"
#undef C
#undef E
#undef LAYOUT_EXPERIMENTS
};

static void runs_apply(const struct run *runs, size_t count, int release, struct layout *layout)
{
	int32_t field = 0;

	for (size_t i = 0; i < count; i++) {
		if (runs[i].release == 0)
			field = runs[i].value;
		else if (runs[i].release <= release)
			layout->values[field] = runs[i].value;
	}
}

/* The layout of a release that is in the table. */
static void layout_of(int release, enum elf_machine machine, struct layout *layout)
{
	runs_apply(runs_amd64, ARRAY_SIZE(runs_amd64), release, layout);
	if (machine == ELF_ARM64)
		runs_apply(runs_arm64, ARRAY_SIZE(runs_arm64), release, layout);
}

static bool layout_equal(const struct layout *one, const struct layout *other)
{
	return memcmp(one->values, other->values, sizeof(one->values)) == 0;
}

/* What a release string says. */
struct name {
	int release;
	bool has_patch;
	bool plain; /* a release of the Go project, nothing added by a vendor or a developer */
	const char *list; /* experiments, separated by commas */
	size_t list_length;
};

static const char *number_parse(const char *text, int limit, int *ret)
{
	int number = 0;

	for (; isdigit((unsigned char)*text); text++)
		number = MIN(number * 10 + (*text - '0'), limit);
	*ret = number;
	return text;
}

/*
 * "go1.25.5 X:a,b", "go1.26.8-X:a", "go1.27rc1", "go1.26-devel_0a1b2c Tue ...", "devel go1.19-0a1b2c
 * Mon ...", "go1.20", "go1.24.4 (vendor 1.24.4-1)", "go1.22.3-custom".
 */
static bool name_parse(const char *text, struct name *ret)
{
	const char *start = strstr(text, "go1.");
	if (!start || !isdigit((unsigned char)start[4]))
		return false;

	int minor;
	int patch = 0;
	bool patch_given = false;
	const char *rest = number_parse(start + 4, 0xff, &minor);
	if (*rest == '.' && isdigit((unsigned char)rest[1])) {
		rest = number_parse(rest + 1, 0xff, &patch);
		patch_given = true;
	}
	struct name name = {
		.release = RELEASE(minor, patch),
		.has_patch = patch_given,
		.plain = start == text,
	};
	const char *mark = strstr(rest, "X:");
	if (mark && mark > rest && (mark[-1] == ' ' || mark[-1] == '-')) {
		name.list = mark + 2;
		name.list_length = strcspn(name.list, " ");
		name.plain = name.plain && mark == rest + 1 && !name.list[name.list_length];
	} else {
		name.plain = name.plain && !*rest;
	}
	*ret = name;
	return true;
}

int layout_minor(const char *release)
{
	struct name name;

	return name_parse(release, &name) ? RELEASE_MINOR(name.release) : -1;
}

/* The release of the table to use for `wanted`, and how well it fits. */
static int release_choose(int wanted, enum elf_machine machine, enum layout_precision *precision)
{
	int below = 0;
	int above = 0;

	for (size_t i = 0; i < ARRAY_SIZE(releases); i++) {
		if (releases[i] <= wanted)
			below = releases[i];
		else if (!above)
			above = releases[i];
	}
	bool has_below = below && RELEASE_MINOR(below) == RELEASE_MINOR(wanted);
	bool has_above = above && RELEASE_MINOR(above) == RELEASE_MINOR(wanted);

	*precision = LAYOUT_NEAREST;
	if (below == wanted) {
		*precision = LAYOUT_EXACT;
	} else if (has_below && has_above) {
		struct layout one;
		struct layout other;
		layout_of(below, machine, &one);
		layout_of(above, machine, &other);
		if (layout_equal(&one, &other))
			*precision = LAYOUT_LIKELY;
	}
	return has_below || !has_above ? below : above;
}

/* The measurement of an experiment that is nearest to the release, within its minor release. */
static const struct experiment *experiment_choose(const char *name, size_t length, int release,
						  enum elf_machine machine)
{
	const struct experiment *best = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(experiments); i++) {
		const struct experiment *one = &experiments[i];
		if (one->machine != machine || strlen(one->name) != length ||
		    memcmp(one->name, name, length) != 0 ||
		    RELEASE_MINOR(one->release) != RELEASE_MINOR(release))
			continue;
		if (!best || abs(one->release - release) < abs(best->release - release))
			best = one;
	}
	return best;
}

/*
 * Apply what an experiment changed where it was measured. Offsets move by as much as they moved
 * there, so that experiments and patches add up.
 */
static void experiment_apply(const struct experiment *experiment, struct layout *layout)
{
	struct layout base;

	layout_of(experiment->release, experiment->machine, &base);
	for (const struct change *change = experiment->changes; change->field < LAYOUT_FIELDS;
	     change++) {
		int32_t *value = &layout->values[change->field];
		int32_t before = base.values[change->field];
		if (before == LAYOUT_ABSENT || change->value == LAYOUT_ABSENT ||
		    *value == LAYOUT_ABSENT)
			*value = change->value;
		else
			*value += change->value - before;
	}
}

static void precision_lower(struct layout_match *match, enum layout_precision to)
{
	if (match->precision < to)
		match->precision = to;
}

/* `plain` is the layout without experiments, `release` the release it was taken from. */
static void experiments_apply(const struct name *name, int release, enum elf_machine machine,
			      const struct layout *plain, struct layout_match *match,
			      struct layout *layout)
{
	size_t moving = 0; /* experiments that change anything */
	size_t used = strlen(match->release);

	for (size_t at = 0; at < name->list_length;) {
		const char *word = name->list + at;
		size_t left = name->list_length - at;
		const char *comma = memchr(word, ',', left);
		size_t length = comma ? (size_t)(comma - word) : left;
		at += length + 1;

		const struct experiment *found = experiment_choose(word, length, release, machine);
		if (!found) {
			match->unknown_experiment = true;
			precision_lower(match, LAYOUT_NEAREST);
			continue;
		}
		experiment_apply(found, layout);
		bool moves = found->changes[0].field < LAYOUT_FIELDS;
		if (found->release != release) {
			struct layout there;
			layout_of(found->release, machine, &there);
			precision_lower(match, !moves || layout_equal(plain, &there)
						       ? LAYOUT_LIKELY
						       : LAYOUT_NEAREST);
		}
		moving += moves;
		int written = snprintf(match->release + used, sizeof(match->release) - used, "%s%s",
				       strchr(match->release, ':') ? "," : " X:", found->name);
		used = MIN(used + (size_t)written, sizeof(match->release) - 1);
	}
	/* Each was measured alone. */
	if (moving > 1)
		precision_lower(match, LAYOUT_LIKELY);
}

struct error *layout_find(const char *release, enum elf_machine machine, struct layout_match *match,
			  struct layout *ret)
{
	struct name name;

	if (!name_parse(release, &name))
		return error_new(
			ERROR_UNSUPPORTED,
			"cannot tell the Go release from \"%.60s\": dowse knows Go 1.%d and later",
			release, OLDEST_MINOR);
	if (RELEASE_MINOR(name.release) < OLDEST_MINOR)
		return error_new(
			ERROR_UNSUPPORTED,
			"built by %.60s: dowse knows Go 1.%d and later, so build it with a newer Go",
			release, OLDEST_MINOR);

	struct layout_match found = { 0 };
	int chosen = release_choose(name.release, machine, &found.precision);
	assert(chosen);
	/* A vendor's patch release, or something before the first one: rc, beta, devel. */
	if (!name.plain)
		precision_lower(&found, name.has_patch ? LAYOUT_LIKELY : LAYOUT_NEAREST);
	snprintf(found.release, sizeof(found.release),
		 RELEASE_PATCH(chosen) || RELEASE_MINOR(chosen) >= 21 ? "go1.%d.%d" : "go1.%d",
		 RELEASE_MINOR(chosen), RELEASE_PATCH(chosen));

	struct layout plain;
	layout_of(chosen, machine, &plain);
	*ret = plain;
	experiments_apply(&name, chosen, machine, &plain, &found, ret);
	if (match)
		*match = found;
	return NULL;
}

const char *layout_release(size_t index, char (*ret)[16])
{
	if (index >= ARRAY_SIZE(releases))
		return NULL;
	snprintf(*ret, sizeof(*ret), "go1.%d.%d", RELEASE_MINOR(releases[index]),
		 RELEASE_PATCH(releases[index]));
	return *ret;
}

struct error *layout_write(const struct layout *layout, char **ret)
{
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
	for (size_t i = 0; i < LAYOUT_FIELDS; i++) {
		if (layout_has(layout->values[i]))
			writer_printf(&writer, "%s=%d ", layout_members[i].field,
				      layout->values[i]);
	}
	const char *text = writer_text(&writer);
	char *copy = text ? strdup(text) : NULL;
	if (!copy)
		return error_no_memory();
	*ret = copy;
	return NULL;
}

/* The fields come in their order: each is looked for behind the last. LAYOUT_FIELDS: unknown. */
static size_t find_field(const char *name, size_t length, size_t from)
{
	for (size_t n = 0; n < LAYOUT_FIELDS; n++) {
		size_t i = (from + n) % LAYOUT_FIELDS;
		if (!strncmp(layout_members[i].field, name, length) &&
		    !layout_members[i].field[length])
			return i;
	}
	return LAYOUT_FIELDS;
}

bool layout_parse(const char *text, struct layout *ret)
{
	struct layout layout;
	size_t field = 0, count = 0;
	for (size_t i = 0; i < LAYOUT_FIELDS; i++)
		layout.values[i] = LAYOUT_ABSENT;
	while (*text) {
		size_t length = strcspn(text, "= ");
		char *end;
		if (text[length] != '=' || count++ > 2 * LAYOUT_FIELDS)
			return false;
		field = find_field(text, length, field);
		long value = strtol(text + length + 1, &end, 10);
		if (*end != ' ' || value < LAYOUT_ABSENT || value > INT32_MAX)
			return false;
		/* A newer dowse may have written what this one does not know. */
		if (field < LAYOUT_FIELDS)
			layout.values[field++] = (int32_t)value;
		else
			field = 0;
		text = end + 1;
	}
	*ret = layout;
	return count > 0;
}
