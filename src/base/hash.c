/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <string.h>

uint64_t hash_bytes(const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	uint64_t hash = length * 0x9e3779b97f4a7c15u;
	for (; length >= 8; at += 8, length -= 8) {
		uint64_t word;
		memcpy(&word, at, 8);
		hash = hash_more(hash, word);
	}
	uint64_t tail = 0;
	memcpy(&tail, at, length);
	return hash_word(hash ^ tail);
}

uint64_t hash_more_text(uint64_t hash, const char *text)
{
	return hash_more(hash, text ? hash_bytes(text, strlen(text)) : 1);
}
