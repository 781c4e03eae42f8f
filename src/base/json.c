/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"

static void json_value(struct json *json)
{
	if (json->needs_comma)
		writer_char(json->writer, ',');
	json->needs_comma = true;
}

static void json_open(struct json *json, char bracket)
{
	json_value(json);
	writer_char(json->writer, bracket);
	json->needs_comma = false;
}

static void json_close(struct json *json, char bracket)
{
	writer_char(json->writer, bracket);
	json->needs_comma = true;
}

void json_object_begin(struct json *json)
{
	json_open(json, '{');
}

void json_object_end(struct json *json)
{
	json_close(json, '}');
}

void json_array_begin(struct json *json)
{
	json_open(json, '[');
}

void json_array_end(struct json *json)
{
	json_close(json, ']');
}

void json_key(struct json *json, const char *key)
{
	json_string(json, key);
	writer_char(json->writer, ':');
	json->needs_comma = false;
}

static void json_escape(struct json *json, unsigned char byte)
{
	switch (byte) {
	case '"':
		writer_string(json->writer, "\\\"");
		return;
	case '\\':
		writer_string(json->writer, "\\\\");
		return;
	case '\n':
		writer_string(json->writer, "\\n");
		return;
	case '\t':
		writer_string(json->writer, "\\t");
		return;
	}
	writer_printf(json->writer, "\\u%04x", byte);
}

/* Bytes that stand for themselves inside a string; DEL does not. */
static bool json_is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

void json_bytes(struct json *json, const char *bytes, size_t length)
{
	json_value(json);
	writer_char(json->writer, '"');
	size_t at = 0;
	while (at < length) {
		size_t plain = at;
		while (plain < length && json_is_plain((unsigned char)bytes[plain]))
			plain++;
		writer_bytes(json->writer, bytes + at, plain - at);
		at = plain;
		if (at == length)
			break;

		size_t size = utf8_character(bytes + at, length - at);
		if (size == 0)
			writer_string(json->writer, "\\ufffd");
		else if (size == 1)
			json_escape(json, (unsigned char)bytes[at]);
		else
			writer_bytes(json->writer, bytes + at, size);
		at += MAX(size, (size_t)1);
	}
	writer_char(json->writer, '"');
}

void json_string(struct json *json, const char *string)
{
	if (string)
		json_bytes(json, string, strlen(string));
	else
		json_null(json);
}

void json_unsigned(struct json *json, uint64_t value)
{
	json_value(json);
	writer_unsigned(json->writer, value);
}

void json_signed(struct json *json, int64_t value)
{
	json_value(json);
	writer_signed(json->writer, value);
}

void json_number(struct json *json, double value)
{
	if (!isfinite(value)) {
		json_null(json);
		return;
	}
	json_value(json);
	writer_printf(json->writer, "%.3f", value);
}

void json_exact_number(struct json *json, double value)
{
	if (!isfinite(value)) {
		json_null(json);
		return;
	}
	json_value(json);
	writer_printf(json->writer, "%.17g", value);
}

void json_bool(struct json *json, bool value)
{
	json_value(json);
	writer_string(json->writer, value ? "true" : "false");
}

void json_null(struct json *json)
{
	json_value(json);
	writer_string(json->writer, "null");
}

void json_member_string(struct json *json, const char *key, const char *string)
{
	json_key(json, key);
	json_string(json, string);
}

void json_member_unsigned(struct json *json, const char *key, uint64_t value)
{
	json_key(json, key);
	json_unsigned(json, value);
}

void json_member_signed(struct json *json, const char *key, int64_t value)
{
	json_key(json, key);
	json_signed(json, value);
}

void json_member_known(struct json *json, const char *key, int64_t value)
{
	if (value >= 0)
		json_member_signed(json, key, value);
	else
		json_member_null(json, key);
}

/* As text: many readers keep numbers in a double. */
void json_member_address(struct json *json, const char *key, uint64_t value)
{
	json_key(json, key);
	if (!value) {
		json_null(json);
		return;
	}
	json_value(json);
	writer_char(json->writer, '"');
	writer_hex(json->writer, value);
	writer_char(json->writer, '"');
}

void json_member_bool(struct json *json, const char *key, bool value)
{
	json_key(json, key);
	json_bool(json, value);
}

void json_member_null(struct json *json, const char *key)
{
	json_key(json, key);
	json_null(json);
}
