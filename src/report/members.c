/* SPDX-License-Identifier: Apache-2.0 */
#include "report/members.h"

#include <string.h>

void members_place(struct json *json, const char *function, const char *file, int32_t line)
{
	json_member_string(json, "function", function);
	json_member_string(json, "file", file && strcmp(file, "?") != 0 ? file : NULL);
	json_member_known(json, "line", line > 0 ? line : -1);
}

void member_seconds(struct json *json, const char *key, int64_t ns)
{
	json_member_known(json, key, ns < 0 ? -1 : ns / 1000000000);
}
