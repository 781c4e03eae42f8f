/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_SOURCE_PATH_H
#define DOWSE_REPORT_SOURCE_PATH_H

#include "report/diagnosis.h"

/*
 * Where a source file lies for those who have the tree: below the folder that dowse was called in,
 * as it was found (`source`; NULL: it was not) or as the binary names it; or below the main module's
 * path, which -trimpath leaves of it. NULL: it is of neither, and `file` is all there is.
 */
const char *source_path_in_tree(const struct diagnosis *diagnosis, const char *file,
				const struct excerpt *source);

#endif
