/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_PATTERN_H
#define DOWSE_PROFILE_PATTERN_H

#include <regex.h>

#include "profile/profile.h"

/*
 * A regular expression as `go tool pprof` takes it, by the C library's. What the two do not read alike
 * is put into its words, or refused: never matched as something else.
 */
struct pattern {
	regex_t regex;
	bool set; /* else it is none */
};

/* `option` names it in messages. ERROR_USAGE for what is no expression, or no such one. */
struct error *pattern_compile(const char *option, const char *text, struct pattern *ret) must_use;
void pattern_deinit(struct pattern *pattern);

/* Does it match anywhere in these bytes? None matches nothing. */
bool pattern_matches(const struct pattern *pattern, struct profile_text text);

#endif
