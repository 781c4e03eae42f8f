/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/member.h"

#include <string.h>

uint64_t member_u64(const uint8_t *bytes, int32_t offset)
{
	uint64_t value = 0;
	if (offset >= 0)
		memcpy(&value, bytes + offset, sizeof(value));
	return value;
}

uint32_t member_u32(const uint8_t *bytes, int32_t offset)
{
	uint32_t value = 0;
	if (offset >= 0)
		memcpy(&value, bytes + offset, sizeof(value));
	return value;
}

uint8_t member_u8(const uint8_t *bytes, int32_t offset)
{
	return offset >= 0 ? bytes[offset] : 0;
}
