/* SPDX-License-Identifier: Apache-2.0 */
#include "report/profile_name.h"

#include <stdio.h>

#include "report/safe.h"

void profile_name_write(struct profile_text name, size_t limit, struct writer *writer,
			size_t *ret_columns)
{
	_cleanup_(writer_deinit) struct writer copy = WRITER_TO_MEMORY;
	for (uint32_t i = 0; i < name.length; i++)
		writer_char(&copy, name.bytes[i] ? name.bytes[i] : '?');
	const char *text = writer_text(&copy);
	safe_string_limited(writer, text ? text : "?", limit, ret_columns);
}

const char *profile_share_text(int64_t value, int64_t whole, char ret[static 32])
{
	ret[0] = 0;
	if (whole)
		snprintf(ret, 32, "%.1f%%", (double)value * 100 / (double)whole);
	return ret;
}
