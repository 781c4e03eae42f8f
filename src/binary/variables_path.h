/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_VARIABLES_PATH_H
#define DOWSE_BINARY_VARIABLES_PATH_H

#include "base/writer.h"
#include "binary/variables.h"

/*
 * How Go writes the place at an offset of a variable of that type: ".inner.last", "[2].name", "" for
 * its beginning; "+24" for what is left where debug information says no more. `type` may be 0.
 */
void variables_path(struct variables *variables, uint64_t type, uint64_t offset,
		    struct writer *writer);

#endif
