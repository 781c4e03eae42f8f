/* SPDX-License-Identifier: Apache-2.0 */
#include "target/delegate.h"

static const struct delegate *the_delegate;

void delegate_set(const struct delegate *delegate)
{
	the_delegate = delegate;
}

const struct delegate *delegate_get(void)
{
	return the_delegate;
}
