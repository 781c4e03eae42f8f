/* SPDX-License-Identifier: Apache-2.0 */
#include "target/snapshot_filter.h"

#include <string.h>

#include "base/macros.h"

#define WORDS   (SNAPSHOT_CHUNK / 8)
#define SAMPLES ((size_t)128)

static uint64_t word_at(const uint8_t *bytes, size_t word)
{
	uint64_t value;
	memcpy(&value, bytes + word * 8, sizeof(value));
	return value;
}

static void set_word(uint8_t *bytes, size_t word, uint64_t value)
{
	memcpy(bytes + word * 8, &value, sizeof(value));
}

/* How many bits a number needs, whatever its sign. */
static unsigned bits_of(uint64_t value)
{
	uint64_t folded = value << 1 ^ (uint64_t)((int64_t)value >> 63);
	return folded ? 64 - (unsigned)__builtin_clzll(folded) : 0;
}

/* What a sample of the words [from, to) would need with a stride. */
static unsigned cost(const uint8_t *bytes, size_t from, size_t to, size_t stride)
{
	size_t step = MAX((to - from) / SAMPLES, (size_t)1);
	unsigned bits = 0;
	/* An odd step meets every place of an object. */
	for (size_t i = from; i < to; i += step | 1) {
		uint64_t before = stride && i >= stride ? word_at(bytes, i - stride) : 0;
		bits += bits_of(word_at(bytes, i) - before);
	}
	return bits;
}

/* By the sizes of Go's objects, the small ones. */
static uint8_t choose(const uint8_t *bytes, size_t from, size_t to)
{
	static const uint8_t strides[] = { 1,  2,  3,  4,  6,  8,  10, 12, 14, 16, 18, 20, 22,
					   24, 26, 28, 30, 32, 36, 40, 44, 48, 52, 56, 60, 64 };
	/* A difference hides repetitions from the compressor: it must be worth it. */
	unsigned least = cost(bytes, from, to, 0) * 7 / 8;
	uint8_t best = 0;
	for (size_t i = 0; i < ARRAY_SIZE(strides); i++) {
		unsigned bits = cost(bytes, from, to, strides[i]);
		if (bits < least) {
			least = bits;
			best = strides[i];
		}
	}
	return best;
}

void snapshot_filter(uint8_t *bytes, size_t size, uint8_t *ret_strides)
{
	size_t words = size / 8, chunks = snapshot_chunks(size);
	/* Backwards, so that what a word is compared with is still itself. */
	for (size_t chunk = chunks; chunk-- > 0;) {
		size_t from = chunk * WORDS, to = MIN(from + WORDS, words);
		uint8_t stride = from < to ? choose(bytes, from, to) : 0;
		ret_strides[chunk] = stride;
		for (size_t i = to; stride && i-- > from && i >= stride;)
			set_word(bytes, i, word_at(bytes, i) - word_at(bytes, i - stride));
	}
}

void snapshot_filter_undo(uint8_t *bytes, size_t size, const uint8_t *strides)
{
	size_t words = size / 8, chunks = snapshot_chunks(size);
	for (size_t chunk = 0; chunk < chunks; chunk++) {
		size_t stride = strides[chunk];
		size_t from = MAX(chunk * WORDS, stride), to = MIN(chunk * WORDS + WORDS, words);
		for (size_t i = from; stride && i < to; i++)
			set_word(bytes, i, word_at(bytes, i) + word_at(bytes, i - stride));
	}
}
