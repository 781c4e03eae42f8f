/* SPDX-License-Identifier: Apache-2.0 */
#include "target/target.h"

#include "target/operations.h"

struct error *target_read(struct target *target, uint64_t address, void *ret, size_t length)
{
	struct target_range range = { .address = address, .length = length, .into = ret };
	TRY(target->operations->read_ranges(target, &range, 1));
	if (range.done)
		return NULL;
	return error_new(ERROR_FAULT, "%s: cannot read %zu bytes at 0x%llx", target->name, length,
			 (unsigned long long)address);
}

struct error *target_read_ranges(struct target *target, struct target_range *ranges, size_t count)
{
	return target->operations->read_ranges(target, ranges, count);
}

struct error *target_mappings(struct target *target, const struct target_mapping **ret,
			      size_t *ret_count)
{
	return target->operations->mappings(target, ret, ret_count);
}

struct error *target_open_file(struct target *target, const struct target_mapping *mapping,
			       int *ret)
{
	return target->operations->open_file(target, mapping, ret);
}

struct error *target_present(struct target *target, uint64_t page, size_t count, bool *ret)
{
	if (target->operations->present)
		return target->operations->present(target, page, count, ret);
	for (size_t i = 0; i < count; i++)
		ret[i] = true;
	return NULL;
}

struct error *target_descriptor(struct target *target, int number, struct descriptor *ret)
{
	if (target->operations->descriptor)
		return target->operations->descriptor(target, number, ret);
	return error_new(ERROR_NOT_FOUND, "%s: its descriptors are not known", target->name);
}

const char *target_fact(const struct target *target, const char *name)
{
	return target->operations->fact ? target->operations->fact(target, name) : NULL;
}

struct error *target_stop(struct target *target)
{
	return target->operations->stop ? target->operations->stop(target) : NULL;
}

void target_release(struct target *target, struct target_pause *ret_pause)
{
	if (ret_pause)
		*ret_pause = (struct target_pause){ 0 };
	if (target->operations->release)
		target->operations->release(target, ret_pause);
}

bool target_runs(const struct target *target)
{
	return target->operations->stop != NULL;
}

const struct target_thread *target_threads(const struct target *target, size_t *ret_count)
{
	*ret_count = 0;
	return target->operations->threads ? target->operations->threads(target, ret_count) : NULL;
}

const char *target_name(const struct target *target)
{
	return target->name;
}

pid_t target_pid(const struct target *target)
{
	return target->operations->pid ? target->operations->pid(target) : 0;
}

uint64_t target_now(const struct target *target)
{
	return target->operations->now(target);
}

void target_destroy(struct target *target)
{
	if (target)
		target->operations->destroy(target);
}

struct error *target_read_u64(struct target *target, uint64_t address, uint64_t *ret)
{
	return target_read(target, address, ret, sizeof(*ret));
}
