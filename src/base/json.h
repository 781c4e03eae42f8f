/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_JSON_H
#define DOWSE_BASE_JSON_H

#include "base/writer.h"

/*
 * A JSON document, written as it is made. Commas and quotes are its business; that what is opened
 * is closed is the caller's. Strings are foreign: control characters are escaped and bytes that
 * are not UTF-8 become U+FFFD, so that the document is valid whatever a program is called.
 */
struct json {
	struct writer *writer;
	bool needs_comma;
};

#define JSON_INTO(into) ((struct json){ .writer = (into) })

void json_object_begin(struct json *json);
void json_object_end(struct json *json);
void json_array_begin(struct json *json);
void json_array_end(struct json *json);
void json_key(struct json *json, const char *key);

void json_string(struct json *json, const char *string); /* NULL is null */
void json_bytes(struct json *json, const char *bytes, size_t length);
void json_unsigned(struct json *json, uint64_t value);
void json_signed(struct json *json, int64_t value);
void json_number(struct json *json, double value); /* three decimals; what is not finite is null */
void json_exact_number(struct json *json, double value); /* the same with all digits */
void json_bool(struct json *json, bool value);
void json_null(struct json *json);

/* A member of an object. */
void json_member_string(struct json *json, const char *key, const char *string);
void json_member_unsigned(struct json *json, const char *key, uint64_t value);
void json_member_signed(struct json *json, const char *key, int64_t value);
void json_member_known(struct json *json, const char *key, int64_t value);    /* below 0: null */
void json_member_address(struct json *json, const char *key, uint64_t value); /* 0: null */
void json_member_bool(struct json *json, const char *key, bool value);
void json_member_null(struct json *json, const char *key);

#endif
