/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_PROFILE_REPORT_H
#define DOWSE_REPORT_PROFILE_REPORT_H

#include "base/json.h"
#include "leak/profile/look.h"
#include "model/quantity.h"
#include "report/subject.h"

/* What a diagnosis says of a profile besides its findings. */

/* "1.2 MiB", "1,031", "3 min": by the unit of a type. Negative values have a sign. */
const char *profile_value_text(const struct profile *profile, uint32_t type, int64_t value,
			       char ret[static QUANTITY_SIZE]);

/* What there is to say where nothing was found. */
const char *profile_verdict(const struct profile_look *look);

/* Where it comes from: the functions at the top; what such a profile can tell. */
void profile_text_summary(const struct profile_look *look, const struct style *style,
			  struct writer *writer);

/* The line "next: ...". */
void profile_text_next(const struct profile_look *look, const struct subject *subject,
		       const struct finding *first, struct writer *writer);

/* The member "profile". */
void profile_json(const struct profile_look *look, struct json *json);

#endif
