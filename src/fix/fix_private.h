/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_FIX_FIX_PRIVATE_H
#define DOWSE_FIX_FIX_PRIVATE_H

#include "fix/fix.h"

/*
 * What to change, in words. The names are those of the program: the function that waits, the go
 * statement that started it, the variable that holds. Each advice is one of the fixes that the
 * documentation numbers: P1 select on Done, P3 the producer closes, P4 room for every sender, ...
 */
typedef const char *fix_words(struct findings *findings, const struct finding *finding);

#define RULE(id, page) fix_words fix_##page;
RULES(RULE)
#undef RULE

/* "cart.go:57", or NULL when the position is unknown and none can be named. */
const char *fix_position(struct findings *findings, const struct place *place);

/* "main.watch (cart.go:57)", or "the function". */
const char *fix_where(struct findings *findings, const struct place *place);

/* "the go statement in main.start (cart.go:55)" */
const char *fix_start(struct findings *findings, const struct finding *finding);

#endif
