/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_PROFILE_FACES_H
#define DOWSE_CLI_PROFILE_FACES_H

#include "cli/cli.h"
#include "cli/target.h"
#include "profile/profile.h"

/* Filter the profile as the options say, and write it in the format that they ask for. */
struct error *profile_show(struct invocation *invocation, struct profile *profile) must_use;

/* Read a profile, with the symbols of --exe where it has addresses alone; `name` is borrowed. */
struct error *cli_profile_read(const struct cli_target *target, const char *name,
			       const struct options *options, struct profile **ret) must_use;

#endif
