/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/pclntab_private.h"

/*
 * Inlined calls form a tree: pcdata says which of its nodes a pc belongs to, a node names the
 * function that was inlined and a pc whose own position is the call's. Walking from node to node
 * along those pcs gives the logical stack, the position of each frame being that of its pc.
 */
#define PCDATA_INLINE_INDEX  2
#define FUNCDATA_INLINE_TREE 3
#define NO_FILE              UINT32_MAX

struct inline_node {
	uint8_t func_id;
	uint32_t name;
	int32_t parent_pc; /* from the function's entry */
	int32_t start_line;
};

/* Records of 1.18 and 1.19 carry the parent, file and line as well, and no start line. */
static bool read_node(const struct pclntab *table, const uint8_t *tree, size_t size, int32_t index,
		      struct inline_node *ret)
{
	size_t node_size = table->old ? 20 : 16;
	if (index < 0 || (size_t)index >= size / node_size)
		return false;
	const uint8_t *bytes = tree + (size_t)index * node_size;
	struct inline_node node = { .func_id = bytes[table->old ? 2 : 0] };
	memcpy(&node.name, bytes + (table->old ? 12 : 4), 4);
	memcpy(&node.parent_pc, bytes + (table->old ? 16 : 8), 4);
	if (!table->old)
		memcpy(&node.start_line, bytes + 12, 4);
	*ret = node;
	return true;
}

static const char *file_name(const struct function *function, int32_t number)
{
	const struct pclntab *table = function->table;
	uint64_t unit = function_member(function, FUNCTION_UNIT);
	uint64_t at = table->units + (unit + (uint32_t)number) * 4;
	if (!pclntab_has(table, at, 4))
		return NULL;
	uint32_t offset = pclntab_u32(table, at);
	return offset == NO_FILE ? NULL : pclntab_string(table, table->files, offset);
}

static void fill_position(const struct function *function, uint64_t pc, struct function_line *line)
{
	const struct pclntab *table = function->table;
	int32_t file = pclntab_value(table, function_member(function, FUNCTION_FILE_TABLE),
				     function->entry, pc);
	int32_t number = pclntab_value(table, function_member(function, FUNCTION_LINE_TABLE),
				       function->entry, pc);
	line->pc = pc;
	line->file = "?";
	line->line = 0;
	if (file < 0 || number == -1)
		return;
	line->line = number;
	const char *name = file_name(function, file);
	if (name)
		line->file = name;
}

size_t function_lines(const struct function *function, uint64_t pc, struct function_line *ret)
{
	size_t count = 0, size = 0;
	const uint8_t *tree = function_data(function, FUNCDATA_INLINE_TREE, &size);
	while (tree && count < FUNCTION_LINES_MAX - 1) {
		struct inline_node node;
		int32_t index = function_pcdata(function, PCDATA_INLINE_INDEX, pc);
		if (!read_node(function->table, tree, size, index, &node))
			break;
		const char *name = pclntab_string(function->table, function->table->names,
						  node.name);
		ret[count] = (struct function_line){
			.function = name ? name : "",
			.start_line = node.start_line,
			.func_id = node.func_id,
			.inlined = true,
		};
		fill_position(function, pc, &ret[count++]);
		pc = function->entry + (uint64_t)(int64_t)node.parent_pc;
	}
	ret[count] = (struct function_line){
		.function = function->name,
		.start_line = function->start_line,
		.func_id = function->func_id,
	};
	fill_position(function, pc, &ret[count++]);
	return count;
}
