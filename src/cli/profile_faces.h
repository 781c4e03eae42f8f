/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_PROFILE_FACES_H
#define DOWSE_CLI_PROFILE_FACES_H

#include "cli/cli.h"
#include "profile/profile.h"

/* Filter the profile as the options say, and write it in the format that they ask for. */
struct error *profile_show(struct invocation *invocation, struct profile *profile) must_use;

#endif
