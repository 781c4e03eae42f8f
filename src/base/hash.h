/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_HASH_H
#define DOWSE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Well mixed hashes of one word, and of bytes. */
static inline uint64_t hash_word(uint64_t word)
{
	word ^= word >> 32;
	word *= 0xd6e8feb86659fd93u;
	word ^= word >> 32;
	word *= 0xd6e8feb86659fd93u;
	word ^= word >> 32;
	return word;
}

uint64_t hash_bytes(const void *bytes, size_t length);

/* The hash of what was hashed before and one more word, or string (which may be NULL). */
static inline uint64_t hash_more(uint64_t hash, uint64_t word)
{
	return hash_word(hash ^ word) + 0x9e3779b97f4a7c15u;
}

uint64_t hash_more_text(uint64_t hash, const char *text);

/*
 * Of what strangers choose, with a key that each process has of its own: nobody who does not know it
 * can choose many that are alike, so that a table of them is no longer one. Never to be stored.
 */
uint64_t hash_foreign_bytes(const void *bytes, size_t length);
uint64_t hash_more_foreign_text(uint64_t hash, const char *text);
/* Different words of 63 bits have different ones, of 63 bits too. */
uint64_t hash_foreign_word(uint64_t word);

#endif
