/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_LABEL_MAP_H
#define DOWSE_RUNTIME_LABEL_MAP_H

#include "runtime/runtime.h"

#define LABELS_MAX 1024 /* of one goroutine */

struct go_string {
	uint64_t bytes;
	uint64_t length;
};

struct label_pair {
	struct go_string key;
	struct go_string value;
};

/*
 * The pairs of a Go map from strings to strings, as it is laid out up to Go 1.23, by the address
 * of its variable; in no order. Small maps only: false when this is none, or has more than
 * LABELS_MAX pairs.
 */
bool label_map_read(struct runtime *runtime, uint64_t variable,
		    struct label_pair ret[static LABELS_MAX], size_t *ret_count);

#endif
