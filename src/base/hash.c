/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <string.h>
#include <sys/auxv.h>

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

struct hash_keys {
	uint64_t words[2];
};

/* Sixteen bytes that the kernel has given to the process; without them, where it was put. */
static struct hash_keys hash_keys(void)
{
	struct hash_keys keys = { { (uintptr_t)&hash_keys, 0x9e3779b97f4a7c15u } };
	const void *given = (const void *)getauxval(AT_RANDOM);
	if (given)
		memcpy(&keys, given, sizeof(keys));
	keys.words[0] = hash_word(keys.words[0]);
	keys.words[1] = hash_word(keys.words[1]) | 1;
	return keys;
}

static const struct hash_keys *process_keys(void)
{
	static _Thread_local struct hash_keys keys;
	if (!keys.words[1])
		keys = hash_keys();
	return &keys;
}

static uint64_t fold(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Sixteen bytes a step; who does not know the keys cannot make a factor zero. */
uint64_t hash_foreign_bytes(const void *bytes, size_t length)
{
	const struct hash_keys *keys = process_keys();
	const unsigned char *at = bytes;
	uint64_t hash = length * 0x9e3779b97f4a7c15u, words[2];
	for (; length > 16; at += 16, length -= 16) {
		memcpy(words, at, 16);
		hash = fold(words[0] ^ keys->words[0], words[1] ^ hash ^ keys->words[1]);
	}
	words[0] = words[1] = 0;
	if (length)
		memcpy(words, at, length);
	return hash_word(fold(words[0] ^ keys->words[0], words[1] ^ hash ^ keys->words[1]));
}

uint64_t hash_more_foreign_text(uint64_t hash, const char *text)
{
	return hash_more(hash, text ? hash_foreign_bytes(text, strlen(text)) : 1);
}

uint64_t hash_foreign_word(uint64_t word)
{
	return (word * process_keys()->words[1]) & INT64_MAX;
}
