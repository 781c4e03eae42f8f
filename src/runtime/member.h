/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_MEMBER_H
#define DOWSE_RUNTIME_MEMBER_H

#include <stdint.h>

/*
 * Members of a copied structure; 0 where this release has none (offset LAYOUT_ABSENT). That the
 * others lie inside is not looked at here: see runtime/layout_check.h, which lists them all.
 */
uint64_t member_u64(const uint8_t *bytes, int32_t offset);
uint32_t member_u32(const uint8_t *bytes, int32_t offset);
uint8_t member_u8(const uint8_t *bytes, int32_t offset);

#endif
