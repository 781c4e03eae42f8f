/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/locks_private.h"

struct error *locks_find_unreleased(struct locks *locks)
{
	(void)locks;
	return NULL;
}
