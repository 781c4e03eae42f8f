/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_PROTOBUF_H
#define DOWSE_BASE_PROTOBUF_H

#include "base/writer.h"

/* The little of protocol buffers that is needed to write a message, field by field. */
void protobuf_number(struct writer *writer, unsigned field, uint64_t value);
void protobuf_bytes(struct writer *writer, unsigned field, const void *bytes, size_t length);

/* A message inside, which was written by itself, and is empty again afterwards. */
void protobuf_message(struct writer *writer, unsigned field, struct writer *message);

/* A number alone, as packed fields have them. */
void protobuf_varint(struct writer *writer, uint64_t value);

#endif
