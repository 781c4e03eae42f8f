/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as a file of suppressions, and as an earlier report. Each that is taken has rules, a
 * pattern and a reason; and findings are dropped, or stay as they are.
 */
#include <assert.h>
#include <string.h>

#include "base/macros.h"
#include "leak/suppress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct findings *findings, enum rule_id rule, const char *function,
		const char *subject)
{
	static const char *const path[] = { "main.pools", "[value] *main.Pool", ".work chan int" };
	const struct finding finding = {
		.rule = rule,
		.place = { .function = function, .file = "cart.go", .line = 57 },
		.created_by = { .function = "main.start", .file = "cart.go", .line = 50 },
		.subject = subject,
		.path = path,
		.path_count = ARRAY_SIZE(path),
	};
	if (!error_ignore(finding_vector_append(&findings->list, &finding)))
		abort();
}

static void add_all(struct findings *findings)
{
	add(findings, RULE_UNBOUNDED_GOROUTINES, "main.(*Pool).work", NULL);
	add(findings, RULE_MAP_WITHOUT_LIMIT, "main.route", "main.routes");
	add(findings, RULE_HEAVY_POOL, NULL, "main.buffers");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(findings_deinit) struct findings findings = { 0 }, others = { 0 };
	_cleanup_(suppressions_deinit) struct suppressions suppressions = { 0 };
	_cleanup_(free_pointer) char *text = malloc(size + 1);
	uint64_t used = 0;
	size_t known = 0;
	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	add_all(&findings);
	add_all(&others);
	if (error_ignore(suppressions_parse(text, "fuzz", &suppressions))) {
		size_t before = findings.list.count;
		size_t dropped = findings_suppress(&findings, &suppressions);
		assert(findings.list.count + dropped == before);
		for (size_t i = 0; i < suppressions.list.count; i++) {
			const struct suppression *one = &suppressions.list.items[i];
			assert(one->rules && one->pattern[0] && one->reason[0]);
			assert(i == 0 || one[-1].line < one->line);
			used += one->used;
		}
		assert(used >= dropped);
	}
	if (error_ignore(findings_drop_known(&others, text, &known)))
		assert(others.list.count + known == 3);
	return 0;
}
