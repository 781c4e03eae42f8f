/* SPDX-License-Identifier: Apache-2.0 */
#include "target/permission.h"

#include <errno.h>

#include "target/procfs.h"

struct error *permission_error(pid_t pid, const char *name, int os_error)
{
	struct process_facts facts, tracer;

	if (os_error != EPERM && os_error != EACCES)
		return error_os(os_error, "cannot look into %s", name);
	TRY(process_facts_read(pid, &facts));
	if (facts.tracer) {
		const char *who = "?";
		if (error_ignore(process_facts_read(facts.tracer, &tracer)))
			who = tracer.name;
		return error_new(ERROR_BUSY, "%s is being traced by %s (pid %d): end that first",
				 name, who, facts.tracer);
	}
	return error_new(ERROR_PERMISSION, "the kernel does not let dowse look into %s: try sudo",
			 name);
}
