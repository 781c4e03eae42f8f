/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/calls.h"

#include "binary/lea_amd64.h"

/*
 * Nothing is disassembled: five bytes that read as a call of the very beginning of one of a few
 * functions are one.
 */
#define CALL_OPCODE 0xe8
#define CALL_SIZE   5

/* Arguments are loaded shortly before. */
#define NUMBER_BEHIND 48

static size_t callee_at(const uint64_t *entries, size_t count, uint64_t target)
{
	size_t i = 0;
	while (i < count && (!entries[i] || entries[i] != target))
		i++;
	return i;
}

static struct error *look_through(const struct code_span *code, const uint64_t *entries,
				  size_t count, struct call_vector *ret)
{
	size_t at = 0;
	while (at + CALL_SIZE <= code->size) {
		const uint8_t *found = memchr(code->bytes + at, CALL_OPCODE, code->size - at);
		if (!found)
			break;
		at = (size_t)(found - code->bytes);
		if (at + CALL_SIZE > code->size)
			break;
		int32_t distance;
		memcpy(&distance, found + 1, sizeof(distance));
		struct call call = { .pc = code->address + at + CALL_SIZE };
		call.callee = callee_at(entries, count, call.pc + (uint64_t)(int64_t)distance);
		if (call.callee < count)
			TRY(call_vector_append(ret, &call));
		at++;
	}
	return NULL;
}

struct error *calls_find(const struct binary *binary, const uint64_t *entries, size_t count,
			 struct call_vector *ret)
{
	_cleanup_(call_vector_deinit) struct call_vector found = { 0 };
	for (size_t i = 0; i < binary->module_count; i++) {
		struct code_span code;
		if (code_span_of(binary, &binary->modules[i], &code))
			TRY(look_through(&code, entries, count, &found));
	}
	*ret = found;
	found = (struct call_vector){ 0 };
	return NULL;
}

bool call_has_number(const struct binary *binary, uint64_t pc, uint64_t number)
{
	size_t width = number >> 31 ? sizeof(uint64_t) : sizeof(uint32_t);
	const uint8_t *bytes = binary_bytes_at(binary, pc - CALL_SIZE - NUMBER_BEHIND,
					       NUMBER_BEHIND);
	if (!bytes)
		return false;
	for (size_t i = 0; i + width <= NUMBER_BEHIND; i++) {
		if (memcmp(bytes + i, &number, width) == 0)
			return true;
	}
	return false;
}

size_t call_addresses(const struct binary *binary, uint64_t pc, uint64_t *ret, size_t capacity)
{
	const struct code_span code = {
		.bytes = binary_bytes_at(binary, pc - CALL_SIZE - NUMBER_BEHIND, NUMBER_BEHIND),
		.size = NUMBER_BEHIND,
		.address = pc - CALL_SIZE - NUMBER_BEHIND,
	};
	size_t count = 0;
	for (size_t at = NUMBER_BEHIND; code.bytes && at-- > 0 && count < capacity;) {
		unsigned into;
		count += lea_read(&code, at, &ret[count], &into);
	}
	return count;
}
