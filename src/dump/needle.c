/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/needle.h"

#include <string.h>

/* Sixteen bytes at once; every machine that gcc and clang know has some way. */
typedef uint8_t block __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

static inline block load(const char *at)
{
	block bytes;
	memcpy(&bytes, at, sizeof(bytes));
	return bytes;
}

static inline int any(block bytes)
{
	halves words = (halves)bytes;
	return (words[0] | words[1]) != 0;
}

size_t needle_find(const struct needle *needle, const char *bytes, size_t length, size_t from)
{
	const block first = (block){ 0 } + (uint8_t)needle->word[needle->first];
	const block second = (block){ 0 } + (uint8_t)needle->word[needle->second];
	size_t i = from;
	for (; i + needle->length + 64 <= length; i += 64) {
		const char *a = bytes + i + needle->first, *b = bytes + i + needle->second;
		block found = (block)(load(a) == first) & (block)(load(b) == second);
		found |= (block)(load(a + 16) == first) & (block)(load(b + 16) == second);
		found |= (block)(load(a + 32) == first) & (block)(load(b + 32) == second);
		found |= (block)(load(a + 48) == first) & (block)(load(b + 48) == second);
		if (!any(found))
			continue;
		for (size_t j = i; j < i + 64; j++) {
			if (bytes[j] == needle->word[0] &&
			    !memcmp(bytes + j, needle->word, needle->length))
				return j;
		}
	}
	for (; i + needle->length <= length; i++) {
		if (bytes[i] == needle->word[0] && !memcmp(bytes + i, needle->word, needle->length))
			return i;
	}
	return length;
}

uint64_t needle_count_lines(const char *bytes, size_t length)
{
	const block newline = (block){ 0 } + (uint8_t)'\n';
	uint64_t count = 0;
	size_t i = 0;
	while (i + 16 <= length) {
		/* Each byte of the sum counts to 255. */
		block sum = { 0 };
		size_t end = i + 255 * 16 < length ? i + 255 * 16 : length;
		for (; i + 16 <= end; i += 16)
			sum -= (block)(load(bytes + i) == newline);
		for (size_t j = 0; j < 16; j++)
			count += sum[j];
	}
	for (; i < length; i++)
		count += bytes[i] == '\n';
	return count;
}
