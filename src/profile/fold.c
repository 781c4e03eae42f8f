/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/encode.h"

/* Semicolons part frames, and lines end: neither may be left inside a name. */
static void fold_name(const struct profile *profile, uint32_t name, struct writer *writer)
{
	struct profile_text text = profile_text(profile, name);
	for (uint32_t i = 0; i < text.length; i++) {
		char c = text.bytes[i];
		writer_char(writer, c == ';' ? ',' : (unsigned char)c < ' ' || c == 0x7f ? '?' : c);
	}
}

/* Outermost first: the last of a location's lines is the function itself. */
static void fold_location(const struct profile *profile, uint32_t index, bool *first,
			  struct writer *writer)
{
	const struct profile_location *location = &profile->locations[index];
	for (uint32_t i = location->line_count; i-- > 0;) {
		uint32_t function = profile->lines[location->first_line + i].function;
		if (function == PROFILE_NONE)
			continue;
		if (!*first)
			writer_char(writer, ';');
		*first = false;
		fold_name(profile, profile->functions[function].name, writer);
	}
	if (location->line_count)
		return;
	if (!*first)
		writer_char(writer, ';');
	*first = false;
	writer_hex(writer, location->address);
}

struct error *profile_fold(const struct profile *profile, uint32_t type, struct writer *writer)
{
	for (uint32_t i = 0; i < profile->sample_count; i++) {
		int64_t value = profile->values[(size_t)i * profile->type_count + type];
		bool first = true;
		if (!value)
			continue;
		for (uint32_t at = profile->stack_begins[i + 1]; at-- > profile->stack_begins[i];)
			fold_location(profile, profile->frames[at], &first, writer);
		writer_string(writer, first ? "(no stack) " : " ");
		writer_signed(writer, value);
		writer_char(writer, '\n');
	}
	return NULL;
}
