/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_WAY_OUT_PRIVATE_H
#define DOWSE_BINARY_WAY_OUT_PRIVATE_H

#include "binary/way_out.h"

/* May a function be left though no path of its code does: by panic and recover, or by Goexit? */
struct error *way_out_by_panic(const struct binary *binary, const struct function *function,
			       bool *ret) must_use;

#endif
