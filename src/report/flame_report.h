/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_FLAME_REPORT_H
#define DOWSE_REPORT_FLAME_REPORT_H

#include "profile/profile.h"
#include "report/subject.h"

/* What a browser draws without waiting. */
#define FLAME_NODES_MOST 500000

/* A document of its own: the calls of a profile as a tree, of one type of value. */
struct error *flame_json(const struct subject *subject, const struct profile *profile,
			 uint32_t type, struct writer *writer) must_use;

/*
 * The same as a picture, without a script, to be looked at by whatever shows one. Shares are those of
 * `total`; what would be narrower than a third of a pixel is not drawn.
 */
struct error *flame_svg(const struct profile *profile, uint32_t type, int64_t total,
			struct writer *writer) must_use;

/* The same as lines: those `limit` calls that have most, each below the one that calls it. */
struct error *flame_text(const struct profile *profile, uint32_t type, int64_t total, size_t limit,
			 struct writer *writer) must_use;

#endif
