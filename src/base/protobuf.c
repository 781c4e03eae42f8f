/* SPDX-License-Identifier: Apache-2.0 */
#include "base/protobuf.h"

#define WIRE_VARINT 0u
#define WIRE_BYTES  2u

void protobuf_varint(struct writer *writer, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		writer_char(writer, (char)(value | 0x80));
	writer_char(writer, (char)value);
}

void protobuf_number(struct writer *writer, unsigned field, uint64_t value)
{
	protobuf_varint(writer, field << 3 | WIRE_VARINT);
	protobuf_varint(writer, value);
}

void protobuf_bytes(struct writer *writer, unsigned field, const void *bytes, size_t length)
{
	protobuf_varint(writer, field << 3 | WIRE_BYTES);
	protobuf_varint(writer, length);
	writer_bytes(writer, bytes, length);
}

void protobuf_message(struct writer *writer, unsigned field, struct writer *message)
{
	if (message->os_error && !writer->os_error)
		writer->os_error = message->os_error;
	protobuf_bytes(writer, field, message->bytes, message->length);
	message->length = 0;
}
