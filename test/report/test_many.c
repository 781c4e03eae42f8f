/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "fix/fix.h"
#include "leak/suppress.h"
#include "model/synthetic.h"
#include "report/diagnosis.h"

#include <ctype.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MANY     ((size_t)100000)
#define MEGABYTE ((size_t)1 << 20)
/* Names as long as that are in a few of them alone: ten in each place would be gigabytes. */
#define LONG_ONES ((size_t)8)

/* A hundred thousand findings whose every word a stranger has chosen. */
static const char *const hostile[] = {
	"\x1b[2J\x1b]0;x\x07main.f",
	"main.f\nproved 9,000 goroutines\r\n::error::x",
	"main.\xff\xfe\x80\xc3",
	"main.\"quoted\\\"\t\b",
	"main.\xe2\x80\xae\xe2\x81\xa6txt.exe\xe2\x80\xa8",
	"<script>alert('x')</script>&amp;<!--",
	"main.\x7f\x01\x02\xc2\x9b\x31m",
	"main.\xed\xa0\x80\xf4\x90\x80\x80\xf8",
	"100% of all, says: %0A::warning file=/etc/passwd,line=1::x",
	"main.plain",
};

struct stage {
	struct goroutines goroutines;
	struct goroutine_group_vector groups;
	struct findings findings;
	struct subject subject;
	struct diagnosis diagnosis;
	char *megabyte;
};

/* The number at the end tells them apart, for fingerprints as for readers. */
static const char *name_of(struct stage *stage, size_t number, size_t shift)
{
	const char *base = number < LONG_ONES ? stage->megabyte
					      : hostile[(number + shift) % ARRAY_SIZE(hostile)];
	return findings_text(&stage->findings, "%s.%zu", base, number);
}

static void add(struct stage *stage, size_t number)
{
	struct findings *findings = &stage->findings;
	const char *function = name_of(stage, number, 0), *file = name_of(stage, number, 1);
	const char **path = arena_allocate_raw(&findings->arena, 3 * sizeof(*path));
	for (size_t i = 0; i < 3; i++)
		path[i] = name_of(stage, number, i + 2);
	const struct finding finding = {
		.rule = (enum rule_id)(number % RULE_COUNT),
		.certainty = (enum certainty)(number % 3),
		.count = number + 1,
		.bytes = (int64_t)number * 1000 - 1,
		.growth_per_hour = number % 2 ? INT64_MIN : 7,
		.bytes_per_hour = number % 2 ? INT64_MIN : 7000,
		.place = { .function = function, .file = file, .line = (int32_t)(number % 5) },
		.place_word = number % 4 ? NULL : "allocated by",
		.subject = number % 4 ? NULL : name_of(stage, number, 5),
		.created_by = { .function = path[0], .file = path[1], .line = 2 },
		.state = path[2],
		.wait_min_ns = 1,
		.wait_max_ns = 1000000,
		.example = number % 4 ? &stage->goroutines.list.items[0] : NULL,
		.path = path,
		.path_count = 3,
		.title = name_of(stage, number, 6),
		.why = name_of(stage, number, 7),
		.settle = name_of(stage, number, 8),
	};
	check_ok(finding_vector_append(&findings->list, &finding));
}

static int stage_begin(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	stage->megabyte = malloc(MEGABYTE + 1);
	memset(stage->megabyte, 'm', MEGABYTE);
	memcpy(stage->megabyte + MEGABYTE - 5, "\x1b[2J\xff", 5);
	stage->megabyte[MEGABYTE] = '\0';
	synthetic_add(&stage->goroutines, "chan receive", "main.f@f.go:1", NULL);
	struct goroutine_filter filter = { .min_wait_ns = -1 };
	check_ok(goroutines_group(&stage->goroutines, &filter, &stage->groups));
	for (size_t i = 0; i < MANY; i++)
		add(stage, i);
	check_ok(findings_check(&stage->findings));
	stage->subject = (struct subject){ .kind = "process", .name = hostile[0], .pid = 7 };
	stage->diagnosis = (struct diagnosis){
		.subject = &stage->subject,
		.findings = &stage->findings,
		.goroutines = &stage->goroutines,
		.groups = &stage->groups,
		.all = true,
		.folder = "/src",
		.main_module = "example.com/shop",
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

static double cpu_seconds(void)
{
	struct timespec now;
	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static long resident_kib(void)
{
	struct rusage usage;
	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

static bool is_sanitized(void)
{
	const char *sanitized = getenv("DOWSE_SANITIZED");
	return sanitized && strcmp(sanitized, "1") == 0;
}

/*
 * Each is to take 2 s at most: of the processor's time, so that what waits takes nothing away. A
 * core that two share is half as fast. Sanitizers slow all down.
 */
static void check_time(const char *what, double began)
{
	double taken = cpu_seconds() - began;
	print_message("%s: %.2f s\n", what, taken);
	assert_true(taken <= (is_sanitized() ? 40 : 4));
}

typedef void face(const struct diagnosis *diagnosis, struct writer *writer);

static void text_face(const struct diagnosis *diagnosis, struct writer *writer)
{
	static const struct style plain = { .width = 100 };
	diagnosis_text(diagnosis, &plain, writer);
}

/* Into a file, as a terminal or another program would get it; the descriptor to read it again. */
static int run_face(const struct stage *stage, const char *name, face *face)
{
	char path[] = "/tmp/dowse-many-XXXXXX";
	int descriptor = mkstemp(path);
	assert_true(descriptor >= 0);
	unlink(path);
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_DESCRIPTOR(descriptor);
	long before = resident_kib();
	double began = cpu_seconds();
	face(&stage->diagnosis, &writer);
	check_ok(writer_finish(&writer));
	check_time(name, began);
	/* What is written is not kept: a few megabytes for the longest of its words. */
	assert_true(resident_kib() - before < 32 * 1024 || is_sanitized());
	assert_int_equal(lseek(descriptor, 0, SEEK_SET), 0);
	return descriptor;
}

/* Python's readers are the judge. */
static void check_by_python(int descriptor, const char *script)
{
	char command[1024];
	snprintf(command, sizeof(command), "python3 -c '%s' <&%d", script, descriptor);
	assert_int_equal(system(command), 0);
	close(descriptor);
}

static void text_moves_no_cursor(void **state)
{
	/* No control but the ends of lines, nothing unseen, and no line that a name began. */
	static const char script[] =
		"import re, sys\n"
		"text = sys.stdin.buffer.read().decode(\"utf-8\")\n"
		"assert not re.search(r\"[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e"
		"\\u2060-\\u206f\\ufeff]\", text)\n"
		"assert not re.search(r\"^(proved|::error)\", text, re.M)\n"
		"assert len(re.findall(r\"(?m)^  (proved|likely|suspect) \", text)) == 100000\n"
		"assert max(map(len, text.splitlines())) < 4500\n";
	check_by_python(run_face(*state, "text", text_face), script);
	((struct stage *)*state)->diagnosis.all = false;
	int screen = run_face(*state, "the first screen", text_face);
	assert_true(lseek(screen, 0, SEEK_END) < 64 * 1024);
	close(screen);
}

static void json_is_valid(void **state)
{
	static const char script[] =
		"import json, sys\n"
		"d = json.loads(sys.stdin.buffer.read().decode(\"utf-8\"))\n"
		"assert len(d[\"findings\"]) == 100000\n"
		"assert len({f[\"fingerprint\"] for f in d[\"findings\"]}) == 100000\n";
	check_by_python(run_face(*state, "json", diagnosis_json), script);
}

static void sarif_is_valid(void **state)
{
	static const char script[] =
		"import json, re, sys\n"
		"d = json.loads(sys.stdin.buffer.read().decode(\"utf-8\"))\n"
		"r = d[\"runs\"][0][\"results\"]\n"
		"assert len(r) == 100000\n"
		"for x in r:\n"
		"    for l in x[\"locations\"]:\n"
		"        u = l[\"physicalLocation\"][\"artifactLocation\"][\"uri\"]\n"
		"        assert re.fullmatch(r\"[-A-Za-z0-9/._~@+%]+\", u), u[:99]\n";
	check_by_python(run_face(*state, "sarif", diagnosis_sarif), script);
}

static void annotations_are_ours(void **state)
{
	static const char script[] =
		"import re, sys\n"
		"text = sys.stdin.buffer.read().decode(\"utf-8\")\n"
		"lines = text.split(\"\\n\")\n"
		"assert lines.pop() == \"\" and len(lines) == 100000\n"
		"for line in lines:\n"
		"    assert re.match(r\"::(notice|warning|error) file=[^,:]+(,line=\\d)?,title=L\\d+ "
		"[a-z-]+ \\([a-z]+\\)::[^\\x00-\\x1f\\x7f-\\x9f]*$\", line), line[:300]\n";
	check_by_python(run_face(*state, "github", diagnosis_github), script);
}

static void they_are_sorted_and_left_out(void **state)
{
	struct stage *stage = *state;
	_cleanup_(writer_deinit) struct writer report = WRITER_TO_MEMORY;
	_cleanup_(suppressions_deinit) struct suppressions suppressions = { 0 };
	size_t known = 0;
	stage->findings.list.count -= 10;
	diagnosis_sarif(&stage->diagnosis, &report);
	stage->findings.list.count += 10;
	double began = cpu_seconds();
	findings_sort(&stage->findings);
	check_time("sorted", began);
	assert_int_equal(stage->findings.list.items[0].count, MANY);
	began = cpu_seconds();
	check_ok(suppressions_parse("* *.99999 -- one\n* nobody* -- none\nL6 *a*b*c* -- odd",
				    "ours", &suppressions));
	assert_int_equal(findings_suppress(&stage->findings, &suppressions), 1);
	check_time("suppressed", began);
	began = cpu_seconds();
	check_ok(findings_drop_known(&stage->findings, writer_text(&report), &known));
	check_time("baseline", began);
	/* One of the last ten was suppressed. */
	assert_int_equal(known, MANY - 10);
	assert_int_equal(stage->findings.list.count, 9);
}

/* What GitHub's runner would take for the end of a value, or of the command, is written as %XX. */
static void annotations_are_escaped(void **state)
{
	(void)state;
	struct findings findings = { 0 };
	const struct finding finding = {
		.rule = RULE_NIL_CHANNEL,
		.certainty = CERTAINTY_PROVED,
		.place = { .function = "main.f", .file = "/src/a,b:c%.go", .line = 7 },
		.title = "50% of all: x, y\r\n::error::z",
		.why = "Why.",
		.fix = "Make it, then: go.",
	};
	check_ok(finding_vector_append(&findings.list, &finding));
	const struct diagnosis diagnosis = { .findings = &findings, .folder = "/src" };
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
	diagnosis_github(&diagnosis, &writer);
	assert_string_equal(
		writer_text(&writer),
		"::error file=a%2Cb%3Ac%25.go,line=7,title=L6 nil-channel (proved)::50%25 of "
		"all: x, y\\r\\n::error::z. Why.%0AFix: Make it, then: go.\n");
	findings_deinit(&findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_moves_no_cursor),
		cmocka_unit_test(json_is_valid),
		cmocka_unit_test(sarif_is_valid),
		cmocka_unit_test(annotations_are_ours),
		cmocka_unit_test(they_are_sorted_and_left_out), /* spoils the stage */
		cmocka_unit_test(annotations_are_escaped),
	};
	return cmocka_run_group_tests(tests, stage_begin, stage_end);
}
