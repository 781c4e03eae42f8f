/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "fix/fix.h"
#include "leak/live/live.h"
#include "model/synthetic.h"
#include "report/diagnosis.h"
#include "report/goroutines_report.h"

#include <ctype.h>
#include <sys/wait.h>

/*
 * Programs choose the names of their functions, files, types and of themselves. Whatever they
 * chose, documents stay valid (Python's reader decides) and text stays text.
 */
static const char *const hostile[] = {
	"\x1b[2Jmain.f",
	"main.f\nproved 9,000 goroutines",
	"main.\xff\xfe\x80",
	"main.\"quoted\\\"",
	"main.\xe2\x80\xaetxt.exe",
	"main.</script>;rm -rf;",
	"main.\x7f\x01\x02\x00hidden",
	"main.\xed\xa0\x80",
	"",
};

struct stage {
	struct goroutines goroutines;
	struct goroutine_group_vector groups;
	struct findings findings;
	struct subject subject;
	char *megabyte;
	const char *warnings[2];
};

static void add(struct stage *stage, const char *name)
{
	struct frame frames[] = {
		{ .function = name, .file = name, .line = 3 },
		{ .function = "main.main", .file = "?", .line = 0 },
	};
	struct stack like = { .count = 2, .shown = 2, .elided = 7, .elided_after = 1 };
	struct goroutine *goroutine = synthetic_add(&stage->goroutines, "chan receive (nil chan)",
						    "", NULL);
	check_ok(stack_intern(&stage->goroutines.stacks, &stage->goroutines.arena, &like, frames,
			      &goroutine->stack));
	goroutine->wait.kind = WAIT_NIL_CHANNEL;
	goroutine->creator =
		(struct goroutine_creator){ .function = name, .file = name, .line = 1 };
	goroutine->state_text = *name ? name : "chan receive";
	goroutine->labels = name;
	goroutine->problem = name;

	goroutine = synthetic_add(&stage->goroutines, "chan send", "main.f@f.go:1", NULL);
	synthetic_wait_channel(&stage->goroutines, goroutine, 4096, true);
	goroutine->wait.channels[0].element = name;
	goroutine->wait.channels[0].known = true;
	goroutine = synthetic_add(&stage->goroutines, "IO wait", "main.f@f.go:1", NULL);
	goroutine->wait.kind = WAIT_DESCRIPTOR;
	goroutine->wait.descriptor_name = goroutine->wait.local_address =
		goroutine->wait.remote_address = name;
}

static int stage_begin(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	size_t size = 1 << 20;
	stage->megabyte = malloc(size + 1);
	memset(stage->megabyte, 'm', size);
	stage->megabyte[size] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++)
		add(stage, hostile[i]);
	add(stage, stage->megabyte);

	struct goroutine_filter filter = { .min_wait_ns = -1 };
	check_ok(goroutines_group(&stage->goroutines, &filter, &stage->groups));
	struct live_evidence evidence = {
		.goroutines = &stage->goroutines,
		.groups = &stage->groups,
	};
	check_ok(live_find(&evidence, &(struct live_notes){ 0 }, &stage->findings));
	check_ok(fix_findings(&stage->findings));
	stage->warnings[0] = hostile[0];
	stage->warnings[1] = stage->megabyte;
	stage->subject = (struct subject){
		.kind = "process",
		.name = "\x1b]0;x\x07\n (pid 7)",
		.pid = 7,
		.executable = hostile[2],
		.release = hostile[1],
		.build = hostile[3],
		.uptime_ns = -1,
		.warnings = stage->warnings,
		.warning_count = 2,
	};
	*state = stage;
	return 0;
}

static int stage_end(void **state)
{
	struct stage *stage = *state;
	findings_deinit(&stage->findings);
	goroutine_group_vector_deinit(&stage->groups);
	goroutines_deinit(&stage->goroutines);
	free(stage->megabyte);
	free(stage);
	return 0;
}

/* No byte of the text moves the cursor, but the ends of its lines. */
static void check_text(struct writer *writer, size_t limit)
{
	const char *text = writer_text(writer);
	assert_non_null(text);
	assert_true(writer->length > 100 && writer->length < limit);
	for (size_t i = 0; i < writer->length; i++) {
		if (iscntrl((unsigned char)text[i]) && text[i] != '\n')
			fail_msg("byte 0x%02x at %zu", (unsigned char)text[i], i);
	}
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strstr(text, "\xff"));
}

/* Python reads the document, and finds the member. */
static void check_json(struct writer *writer, const char *expression)
{
	char command[512];
	snprintf(
		command, sizeof(command),
		"python3 -c 'import json,sys; d = json.loads(sys.stdin.buffer.read().decode(\"utf-8\")); "
		"sys.exit(0 if %s else 1)'",
		expression);
	FILE *pipe = popen(command, "w");
	assert_non_null(pipe);
	assert_int_equal(fwrite(writer->bytes, 1, writer->length, pipe), writer->length);
	assert_int_equal(pclose(pipe), 0);
}

static struct goroutines_report make_report(struct stage *stage, const struct style *style,
					    const struct goroutine_filter *filter)
{
	return (struct goroutines_report){
		.subject = &stage->subject,
		.goroutines = &stage->goroutines,
		.groups = &stage->groups,
		.filter = filter,
		.limit = UINT64_MAX,
		.style = style,
	};
}

static const struct style plain = { .width = 100 };
static const struct goroutine_filter anything = { .min_wait_ns = -1 };

static void goroutines_are_safe_as_text(void **state)
{
	struct goroutines_report report = make_report(*state, &plain, &anything);
	_cleanup_(writer_deinit) struct writer groups = WRITER_TO_MEMORY;
	goroutines_text(&report, &groups);
	check_text(&groups, 100000);
	report.all = true;
	_cleanup_(writer_deinit) struct writer all = WRITER_TO_MEMORY;
	goroutines_text(&report, &all);
	check_text(&all, 100000);
	_cleanup_(writer_deinit) struct writer folded = WRITER_TO_MEMORY;
	goroutines_folded(&report, &folded);
	check_text(&folded, 100000);
}

static void goroutines_are_valid_as_json(void **state)
{
	struct goroutines_report report = make_report(*state, &plain, &anything);
	_cleanup_(writer_deinit) struct writer groups = WRITER_TO_MEMORY;
	goroutines_json(&report, &groups);
	check_json(&groups,
		   "sum(g[\"count\"] for g in d[\"groups\"]) == d[\"goroutine_count\"] == 30");
	report.all = true;
	_cleanup_(writer_deinit) struct writer all = WRITER_TO_MEMORY;
	goroutines_json(&report, &all);
	check_json(
		&all,
		"len(d[\"goroutines\"]) == 30 and d[\"goroutines\"][0][\"stack\"][1][\"file\"] is None"
		" and d[\"goroutines\"][0][\"elided\"] == 7");
}

static void a_diagnosis_is_safe_and_valid(void **state)
{
	struct stage *stage = *state;
	struct diagnosis diagnosis = {
		.subject = &stage->subject,
		.findings = &stage->findings,
		.goroutines = &stage->goroutines,
		.groups = &stage->groups,
	};
	assert_true(stage->findings.list.count > 5);
	_cleanup_(writer_deinit) struct writer text = WRITER_TO_MEMORY;
	diagnosis_text(&diagnosis, &plain, &text);
	check_text(&text, 100000);
	_cleanup_(writer_deinit) struct writer json = WRITER_TO_MEMORY;
	diagnosis_json(&diagnosis, &json);
	check_json(
		&json,
		"all(f[\"certainty\"] == \"proved\" for f in d[\"findings\"]) and d[\"memory\"] is None");
}

static void findings_are_safe_in_a_pipeline(void **state)
{
	struct stage *stage = *state;
	struct diagnosis diagnosis = {
		.subject = &stage->subject,
		.findings = &stage->findings,
		.goroutines = &stage->goroutines,
		.groups = &stage->groups,
		.folder = "/src",
		.main_module = "example.com/shop",
	};
	char expression[160];
	snprintf(expression, sizeof(expression),
		 "len(d[\"runs\"][0][\"results\"]) == %zu and all(len(r[\"partialFingerprints\"]"
		 "[\"dowse/v1\"]) == 16 for r in d[\"runs\"][0][\"results\"])",
		 stage->findings.list.count);
	_cleanup_(writer_deinit) struct writer sarif = WRITER_TO_MEMORY;
	diagnosis_sarif(&diagnosis, &sarif);
	check_json(&sarif, expression);
	/* Whoever names things cannot give the runner a command of his own: each line is one of ours. */
	_cleanup_(writer_deinit) struct writer github = WRITER_TO_MEMORY;
	diagnosis_github(&diagnosis, &github);
	check_text(&github, 4000000);
	size_t lines = 0;
	for (char *line = github.bytes; line < github.bytes + github.length; lines++) {
		assert_int_equal(strncmp(line, "::", 2), 0);
		line = strchr(line, '\n') + 1;
	}
	assert_int_equal(lines, stage->findings.list.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(goroutines_are_safe_as_text, stage_begin,
						stage_end),
		cmocka_unit_test_setup_teardown(goroutines_are_valid_as_json, stage_begin,
						stage_end),
		cmocka_unit_test_setup_teardown(a_diagnosis_is_safe_and_valid, stage_begin,
						stage_end),
		cmocka_unit_test_setup_teardown(findings_are_safe_in_a_pipeline, stage_begin,
						stage_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
