/* SPDX-License-Identifier: Apache-2.0 */

#include "model/quantity.h"
#include "report/memory_report.h"
#include "report/table.h"

static void write_head(const struct runtime_memory *memory, const struct style *style,
		       struct writer *writer)
{
	char used[QUANTITY_SIZE], limit[QUANTITY_SIZE];
	style_begin(style, STYLE_BOLD, writer);
	writer_printf(writer, "memory %s", quantity_bytes(memory->resident, used));
	style_end(style, STYLE_BOLD, writer);
	if (memory->cgroup.limit >= 0)
		writer_printf(writer, " of %s that its control group may use",
			      quantity_bytes(memory->cgroup.limit, limit));
	writer_char(writer, '\n');
}

/* Why the kernel's count and the runtime's may differ. */
static const char *unexplained_meaning(const struct runtime_memory *memory)
{
	if (memory->parts[MEMORY_UNEXPLAINED] >= 0)
		return "resident beyond these accounts: huge pages over returned memory, as a rule";
	return memory->swapped > 0 ? "counted above, but swapped out or never touched"
				   : "counted above, but never touched";
}

/* "10.1", "-0.2": tenths of a unit. */
static void add_tenths(struct table *table, enum style_tone tone, int64_t tenths)
{
	char text[QUANTITY_SIZE];
	uint64_t size = (uint64_t)(tenths < 0 ? -tenths : tenths);
	table_cell_printf(table, tone, "%s%s.%u", tenths < 0 ? "-" : "",
			  quantity_count(size / 10, text), (unsigned)(size % 10));
}

static struct error *write_parts(const struct runtime_memory *memory, const char *sum_of,
				 const struct style *style, struct writer *writer)
{
	int64_t rounded[MEMORY_PART_COUNT], divisor;
	const char *unit = quantity_unit(memory->resident, &divisor);
	/* In tenths, rounded so that what is shown sums to the sum that is shown. */
	int64_t total = quantity_round_parts(memory->parts, MEMORY_PART_COUNT,
					     MAX(divisor / 10, INT64_C(1)), rounded);
	_cleanup_(table_deinit) struct table table = { .columns = 3, .indent = 2 };
	table.right[0] = true;
	for (int i = 0; i < MEMORY_PART_COUNT; i++) {
		/* What is nothing, or rounded away, is not worth a line. */
		if (!rounded[i])
			continue;
		add_tenths(&table, STYLE_PLAIN, rounded[i]);
		table_cell(&table, STYLE_PLAIN, memory_part_name(i));
		table_cell(&table, STYLE_DIM,
			   i == MEMORY_UNEXPLAINED ? unexplained_meaning(memory)
						   : memory_part_meaning(i));
	}
	add_tenths(&table, STYLE_BOLD, total);
	table_cell_printf(&table, STYLE_BOLD, "%s", unit);
	table_cell_printf(&table, STYLE_DIM, "%s: the sum", sum_of);
	return table_write(&table, style, writer);
}

static void write_tail(const struct runtime_memory *memory, struct writer *writer)
{
	const struct memory_cgroup *cgroup = &memory->cgroup;
	char text[QUANTITY_SIZE];
	writer_printf(writer, "  at most %s so far", quantity_bytes(memory->peak, text));
	if (memory->swapped > 0)
		writer_printf(writer, "; %s swapped out", quantity_bytes(memory->swapped, text));
	writer_char(writer, '\n');
	if (!cgroup->path[0])
		return;
	writer_printf(writer, "  control group: %s used", quantity_bytes(cgroup->used, text));
	if (cgroup->limit >= 0)
		writer_printf(writer, " of %s", quantity_bytes(cgroup->limit, text));
	if (cgroup->page_cache >= 0)
		writer_printf(writer, ", page cache %s", quantity_bytes(cgroup->page_cache, text));
	if (cgroup->kernel >= 0)
		writer_printf(writer, ", kernel %s", quantity_bytes(cgroup->kernel, text));
	writer_printf(writer, "  (%s)\n", cgroup->path);
}

struct error *memory_text(const struct runtime_memory *memory, const struct style *style,
			  struct writer *writer)
{
	write_head(memory, style, writer);
	TRY(write_parts(memory, "resident", style, writer));
	write_tail(memory, writer);
	return NULL;
}

struct error *memory_accounts_text(const struct runtime_counters *counters,
				   const struct style *style, struct writer *writer)
{
	struct runtime_memory memory = { 0 };
	runtime_memory_accounts(counters, memory.parts);
	for (int i = 0; i < MEMORY_PART_COUNT; i++)
		memory.resident += memory.parts[i];
	style_string(style, STYLE_BOLD, "memory, by the runtime's own accounts", writer);
	writer_char(writer, '\n');
	return write_parts(&memory, "of the runtime", style, writer);
}
