/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "profile/flame.h"
#include "report/flame_report.h"
#include "report/profile_name.h"
#include "report/profile_report.h"

#define DEPTH_SHOWN 60 /* deeper is not indented any more */
#define NAME_LIMIT  200

/* One line a call: what it has with all below it, its share, and its name, deeper and deeper. */
static void write_node(const struct profile *profile, uint32_t type, int64_t total,
		       const struct profile_flame_node *node, int64_t sum, struct writer *writer)
{
	char value[QUANTITY_SIZE], share[32], room[32];
	uint32_t depth = MIN(node->depth, (uint32_t)DEPTH_SHOWN);
	struct profile_text name;
	if (node->name < profile->text_count) {
		name = profile_text(profile, node->name);
	} else {
		uint32_t location = node->name - profile->text_count;
		int length = snprintf(room, sizeof(room), "0x%llx",
				      (unsigned long long)profile->locations[location].address);
		name = (struct profile_text){ room, (uint32_t)length };
	}
	writer_printf(writer, "%10s %6s  ", profile_value_text(profile, type, sum, value),
		      profile_share_text(sum, total, share));
	writer_blanks(writer, depth);
	profile_name_write(name, NAME_LIMIT, writer, NULL);
	writer_char(writer, '\n');
}

struct error *flame_text(const struct profile *profile, uint32_t type, int64_t total, size_t limit,
			 struct writer *writer)
{
	struct profile_flame flame = { 0 };
	TRY(profile_flame_make(profile, type, limit, &flame));
	_cleanup_(free_pointer) int64_t *sums = profile_flame_sums(&flame);
	for (size_t i = 0; sums && i < flame.count; i++)
		write_node(profile, type, total, &flame.nodes[i], sums[i], writer);
	if (flame.left_out)
		writer_printf(writer, "%zu calls that have less are not shown: -n shows more\n",
			      flame.left_out);
	profile_flame_deinit(&flame);
	return sums ? NULL : error_no_memory();
}
