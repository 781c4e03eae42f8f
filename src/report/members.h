/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_MEMBERS_H
#define DOWSE_REPORT_MEMBERS_H

#include "base/json.h"

/* Members of objects that several documents have. */

/* "function", "file" and "line": null where it is NULL, NULL or "?", not positive. */
void members_place(struct json *json, const char *function, const char *file, int32_t line);

/* Nanoseconds as whole seconds; what is negative is unknown: null. */
void member_seconds(struct json *json, const char *key, int64_t ns);

#endif
