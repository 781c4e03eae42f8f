/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_LAYOUT_H
#define DOWSE_BINARY_LAYOUT_H

#include <stdbool.h>

#include "base/error.h"
#include "binary/elf.h"

/*
 * Where the members of the Go runtime's structures lie in one program. Patches and experiments
 * move members, so a layout belongs to a full release string and a machine. The list of fields,
 * and what they mean, is layout_members.h. Ask whether a member exists (layout_has()), not which
 * release this is.
 *
 * A layout comes from the program's own debug information (binary/dwarf.h) or from the table
 * that tools/layouts makes of the real toolchains (layout_find()).
 */

/* A member, type or constant that the release does not have. No field has this value otherwise. */
#define LAYOUT_ABSENT (-1)

enum layout_field {
#define LAYOUT_MEMBER(field, types, path) LAYOUT_FIELD_##field,
#define LAYOUT_SIZE(field, types)         LAYOUT_FIELD_##field,
#define LAYOUT_STRIDE(field, types, path) LAYOUT_FIELD_##field,
#define LAYOUT_COUNT(field, types, path)  LAYOUT_FIELD_##field,
#define LAYOUT_CONSTANT(field, names)     LAYOUT_FIELD_##field,
#include "binary/layout_members.h"
	LAYOUT_FIELDS
};

struct layout {
	union {
		struct {
#define LAYOUT_MEMBER(field, types, path) int32_t field;
#define LAYOUT_SIZE(field, types)         int32_t field;
#define LAYOUT_STRIDE(field, types, path) int32_t field;
#define LAYOUT_COUNT(field, types, path)  int32_t field;
#define LAYOUT_CONSTANT(field, names)     int32_t field;
#include "binary/layout_members.h"
		};
		int32_t values[LAYOUT_FIELDS]; /* the same, by enum layout_field */
	};
};

/* layout_has(layout->g_bubble) */
static inline bool layout_has(int32_t value)
{
	return value != LAYOUT_ABSENT;
}

enum layout_precision {
	LAYOUT_EXACT,  /* taken from this very release, with these experiments */
	LAYOUT_LIKELY, /* not taken from it, but what surrounds it agrees, or a vendor renamed it */
	LAYOUT_NEAREST, /* the nearest release that is known: check what you read, and warn */
};

struct layout_match {
	enum layout_precision precision;
	char release[64];        /* what the layout was taken from, as "go1.25.5 X:greenteagc" */
	bool unknown_experiment; /* the program has one that the table has not seen in this release */
};

/*
 * The layout for a release as the program names it (runtime.buildVersion, build info), such as
 * "go1.26.8-X:nogreenteagc" or "devel go1.28-abcdef". `match` may be NULL. ERROR_UNSUPPORTED for
 * releases before 1.19, and for what does not name a release.
 */
struct error *layout_find(const char *release, enum elf_machine machine, struct layout_match *match,
			  struct layout *ret) must_use;

/*
 * A layout as text, "field=value ..." of all that it has, to be freed; and taken back from one that
 * a file brings: what it does not name is absent. False where the text is none.
 */
struct error *layout_write(const struct layout *layout, char **ret) must_use;
bool layout_parse(const char *text, struct layout *ret);

/* 26 of "go1.26.8", -1 of what does not name a release. */
int layout_minor(const char *release);

/* How a field is found in debug information; see layout_members.h. */
enum layout_kind {
	LAYOUT_KIND_MEMBER,
	LAYOUT_KIND_SIZE,
	LAYOUT_KIND_STRIDE,
	LAYOUT_KIND_COUNT,
	LAYOUT_KIND_CONSTANT,
};

struct layout_member {
	enum layout_kind kind;
	const char *field;
	const char *types; /* or the names of a constant; alternatives are separated by | */
	const char *path;
};

extern const struct layout_member layout_members[LAYOUT_FIELDS];

/* Every release of the table, as "go1.26.8", oldest first; NULL behind the last. For tests. */
const char *layout_release(size_t index, char (*ret)[16]);

#endif
