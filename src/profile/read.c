/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/read.h"

#include <string.h>

#include "profile/decode.h"
#include "profile/merge.h"
#include "profile/text.h"

enum profile_kind profile_kind_of(const void *bytes, size_t size, bool whole)
{
	enum profile_kind text = profile_text_kind(bytes, size, whole);
	if (text != PROFILE_KIND_NONE)
		return text;
	return profile_is_proto(bytes, size, whole) ? PROFILE_KIND_PROTO : PROFILE_KIND_NONE;
}

/* The bytes of a part belong to all of them. */
static void disown(struct profile *part, const struct profile_bytes *bytes)
{
	part->bytes = *bytes;
	part->bytes.bytes = NULL;
}

static struct error *read_parts(const struct profile_bytes *bytes, const char *name,
				struct profile **parts, size_t *count, size_t most)
{
	struct profile_bytes left = *bytes;
	for (size_t at = 0; at < bytes->size;) {
		size_t size = profile_decode_boundary(bytes->bytes + at, bytes->size - at);
		if (*count == most)
			return error_new(ERROR_LIMIT,
					 "%s: more than %zu profiles in a row at offset 0x%zx",
					 name, most, at);
		struct profile *part = profile_new(name);
		if (!part)
			return error_no_memory();
		parts[(*count)++] = part;
		disown(part, &left);
		TRY(error_wrap(profile_decode(part, bytes->bytes + at, size),
			       "profile %zu in a row, from offset 0x%zx on", *count, at));
		left.left = part->bytes.left;
		at += size;
	}
	return NULL;
}

/* One behind the other, as `cat` makes them: read each, and merge. */
static struct error *read_row(struct profile_bytes *bytes, const char *name, struct profile **ret)
{
	struct profile *parts[64] = { 0 };
	size_t count = 0;
	struct error *error = read_parts(bytes, name, parts, &count, ARRAY_SIZE(parts));
	if (!error)
		error = profile_merge(parts, count, name, ret);
	for (size_t i = 0; i < count; i++)
		profile_destroy(parts[i]);
	return error;
}

/*
 * Fields in an unusual order look like several profiles, too; but then the parts are none, for each
 * would need text of its own.
 */
static bool read_as_row(struct profile_bytes *bytes, const char *name, struct profile **ret)
{
	uint64_t left = bytes->left;
	if (profile_decode_boundary(bytes->bytes, bytes->size) == bytes->size)
		return false;
	bool read = error_ignore(read_row(bytes, name, ret));
	bytes->left = left;
	return read;
}

static struct error *read_proto(struct profile_bytes *bytes, const char *name, struct profile **ret)
{
	if (read_as_row(bytes, name, ret))
		return NULL;
	_cleanup_(profile_cleanup) struct profile *profile = profile_new(name);
	if (!profile)
		return error_no_memory();
	profile->bytes = *bytes;
	*bytes = (struct profile_bytes){ 0 };
	TRY(profile_decode(profile, profile->bytes.bytes, profile->bytes.size));
	*ret = TAKE_PTR(profile);
	return NULL;
}

static struct error *read_unpacked(struct profile_bytes *bytes, const char *name,
				   struct profile **ret)
{
	if (!bytes->size)
		return error_new(ERROR_CORRUPT, "%s: it is empty: nothing at offset 0x0", name);
	enum profile_kind kind = profile_text_kind(bytes->bytes, bytes->size, true);
	if (kind == PROFILE_KIND_NONE)
		return read_proto(bytes, name, ret);
	return profile_text_read(kind, bytes, name, ret);
}

struct error *profile_read_bytes(const void *packed, size_t size, const char *name,
				 struct profile **ret)
{
	_cleanup_(profile_bytes_deinit) struct profile_bytes bytes = { 0 };
	TRY(profile_bytes_unpack(packed, size, name, &bytes));
	return read_unpacked(&bytes, name, ret);
}

struct error *profile_read(int descriptor, const char *name, struct profile **ret)
{
	_cleanup_(profile_bytes_deinit) struct profile_bytes bytes = { 0 };
	TRY(profile_bytes_read(descriptor, name, &bytes));
	return read_unpacked(&bytes, name, ret);
}
