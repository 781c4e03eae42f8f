/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vector.h"

struct error *vector_grow(void **items, size_t *capacity, size_t count, size_t size)
{
	size_t wanted = MAX(count, *capacity + *capacity / 2);
	wanted = MAX(wanted, (size_t)8);

	size_t bytes;
	if (__builtin_mul_overflow(wanted, size, &bytes))
		return error_no_memory();
	void *grown = realloc(*items, bytes);
	if (!grown)
		return error_no_memory();
	*items = grown;
	*capacity = wanted;
	return NULL;
}
