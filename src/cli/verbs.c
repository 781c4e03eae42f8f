/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"

extern const struct verb verb_info, verb_doctor, verb_goroutines, verb_explain, verb_hold,
	verb_snapshot, verb_heap, verb_why, verb_objects, verb_show, verb_profile, verb_exec,
	verb_gctrace, verb_report;

/* In the order of dowse --help. */
const struct verb *const verbs[] = {
	&verb_ps,      &verb_info,     &verb_doctor,  &verb_goroutines,
	&verb_heap,    &verb_why,      &verb_objects, &verb_show,
	&verb_profile, &verb_snapshot, &verb_gctrace, &verb_exec,
	&verb_report,  &verb_explain,  &verb_hold,    NULL,
};

const struct verb *verbs_find(const char *name)
{
	for (size_t i = 0; verbs[i]; i++) {
		if (strcmp(verbs[i]->name, name) == 0 ||
		    (verbs[i]->alias && strcmp(verbs[i]->alias, name) == 0))
			return verbs[i];
	}
	return NULL;
}
