/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as what `dowse exec --out` has written, twice and beside a sound one. What is refused adds
 * nothing; of what is taken every face can be made, and the JSON that is written of all is one again.
 */
#include <assert.h>
#include <string.h>

#include "base/json_tree.h"
#include "report/gathered.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char sound[] =
	"{\"dowse\":1,\"target\":{\"exe\":\"/tmp/shop.test\",\"go\":\"go1.26.8\",\"uptime_s\":3},"
	"\"package\":\"example.com/shop\",\"module\":\"example.com/shop\",\"findings\":[{\"rule\":"
	"\"nil-channel\",\"certainty\":\"proved\",\"test\":\"TestA\",\"title\":\"a goroutine waits\","
	"\"function\":\"shop.A\",\"file\":\"a.go\",\"line\":3,\"example\":7}],\"left\":[]}";

static void add(struct gathered *gathered, const void *data, size_t size)
{
	size_t processes = gathered->processes.count;
	size_t findings = gathered->findings.list.count, left = gathered->left.count;
	if (error_ignore(gathered_add(gathered, "fuzz", data, size))) {
		assert(gathered->processes.count == processes + 1);
	} else {
		assert(gathered->processes.count == processes);
		assert(gathered->findings.list.count == findings && gathered->left.count == left);
	}
}

static void check_order(const struct gathered *gathered)
{
	const struct finding *findings = gathered->findings.list.items;
	size_t counted = 0;
	for (size_t i = 0; i < gathered->findings.list.count; i++) {
		assert(findings[i].title && findings[i].process < gathered->processes.count);
		assert(!i || findings[i - 1].process <= findings[i].process);
	}
	for (size_t i = 0; i < gathered->processes.count; i++)
		counted += gathered->processes.items[i].findings;
	assert(counted == gathered->findings.list.count);
}

static void check_json(const struct diagnosis *diagnosis)
{
	_cleanup_(writer_deinit) struct writer json = WRITER_TO_MEMORY;
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	const struct json_value *root = NULL;
	diagnosis_json(diagnosis, &json);
	/* It may have more values, or be longer, than what is read again. */
	struct error *error = json_tree_read(json.bytes, json.length, "json", &arena, &root);
	assert(!error || error->code == ERROR_LIMIT);
	error_destroy(error);
}

/* In XML no control character may stand, nor a bracket that is not of the writer's own. */
static void check_junit(const struct diagnosis *diagnosis)
{
	const struct gathered_judgement judgement = { .fail_on = CERTAINTY_LIKELY };
	_cleanup_(writer_deinit) struct writer junit = WRITER_TO_MEMORY;
	size_t open = 0, closed = 0;
	gathered_junit(diagnosis, &judgement, &junit);
	for (size_t i = 0; i < junit.length; i++) {
		unsigned char byte = (unsigned char)junit.bytes[i];
		assert(byte >= 0x20 || byte == '\n');
		open += byte == '<';
		closed += byte == '>';
		assert(open == closed || open == closed + 1);
	}
	assert(open == closed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(gathered_deinit) struct gathered gathered = { 0 };
	_cleanup_(writer_deinit) struct writer out = WRITER_TO_MEMORY;
	const struct subject subject = { .kind = "reports", .name = "reports", .uptime_ns = -1 };
	const struct style style = { .width = 100 };
	add(&gathered, data, size);
	add(&gathered, sound, strlen(sound));
	add(&gathered, data, size);
	assert(gathered.processes.count >= 1);
	gathered_sort(&gathered);
	check_order(&gathered);
	const struct diagnosis diagnosis = {
		.subject = &subject,
		.findings = &gathered.findings,
		.gathered = &gathered,
		.left = gathered.left.items,
		.left_count = gathered.left.count,
		.main_module = gathered.processes.items[0].module,
		.between_ns = -1,
		.all = true,
	};
	check_json(&diagnosis);
	check_junit(&diagnosis);
	diagnosis_sarif(&diagnosis, &out);
	diagnosis_github(&diagnosis, &out);
	if (!error_ignore(gathered_text(&diagnosis, &style, &out)))
		abort();
	return 0;
}
