/* SPDX-License-Identifier: Apache-2.0 */
#include "report/source_path.h"

#include <string.h>

static const char *below(const char *file, const char *folder)
{
	size_t length = folder ? strlen(folder) : 0;
	if (!length || strncmp(file, folder, length) != 0 || file[length] != '/')
		return NULL;
	return file + length + 1;
}

const char *source_path_in_tree(const struct diagnosis *diagnosis, const char *file,
				const struct excerpt *source)
{
	const char *found = source ? below(source->file, diagnosis->folder) : NULL;
	/* By --source DIR without a slash at its head. */
	if (source && !found && source->file[0] != '/' && strncmp(source->file, "../", 3) != 0)
		found = source->file + (strncmp(source->file, "./", 2) == 0 ? 2 : 0);
	if (found)
		return found;
	const char *in_tree = below(file, diagnosis->folder);
	return in_tree ? in_tree : below(file, diagnosis->main_module);
}
