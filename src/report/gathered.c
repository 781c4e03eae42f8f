/* SPDX-License-Identifier: Apache-2.0 */
#include "report/gathered.h"

#include <string.h>

#include "base/json_tree.h"
#include "base/text.h"

#define SECOND_NS  INT64_C(1000000000)
#define UPTIME_MAX (INT64_MAX / SECOND_NS)

static struct error *no_report(const char *what)
{
	return error_new(ERROR_CORRUPT, "it is no report of `dowse exec --out`: %s", what);
}

/* What has a wrong kind counts as unknown, as everywhere; what a finding cannot be without does not. */
static struct place read_place(const struct json_value *object)
{
	int64_t line = json_value_whole(object, "line", 0);
	return (struct place){
		.function = json_value_text(object, "function"),
		.file = json_value_text(object, "file"),
		.line = line > 0 && line <= INT32_MAX ? (int32_t)line : 0,
	};
}

static int64_t read_known(const struct json_value *object, const char *key)
{
	return MAX(json_value_whole(object, key, -1), INT64_C(-1));
}

static struct error *read_path(const struct json_value *object, struct arena *arena,
			       struct finding *finding)
{
	const struct json_value *first = json_value_first(json_value_member(object, "path"));
	size_t count = 0;
	for (const struct json_value *step = first; step; step = step->next)
		count += step->kind == JSON_KIND_STRING;
	if (!count)
		return NULL;
	const char **path = arena_allocate(arena, count * sizeof(*path));
	if (!path)
		return error_no_memory();
	for (const struct json_value *step = first; step; step = step->next) {
		if (step->kind == JSON_KIND_STRING)
			path[finding->path_count++] = step->text;
	}
	finding->path = path;
	return NULL;
}

/* Fingerprints tell goroutines from memory by it. */
static struct error *read_example(const struct json_value *object, struct arena *arena,
				  struct finding *finding)
{
	int64_t id = json_value_whole(object, "example", -1);
	if (id < 0)
		return NULL;
	struct goroutine *example = arena_allocate(arena, sizeof(*example));
	if (!example)
		return error_no_memory();
	example->id = (uint64_t)id;
	finding->example = example;
	return NULL;
}

/* A rule's name outlives its code: several serve one scenario. */
static bool read_rule(const struct json_value *object, enum rule_id *ret)
{
	const char *name = json_value_text(object, "rule");
	for (int i = 0; name && i < RULE_COUNT; i++) {
		if (strcmp(rules_get((enum rule_id)i)->name, name) == 0) {
			*ret = (enum rule_id)i;
			return true;
		}
	}
	return false;
}

static struct error *read_finding(const struct json_value *object, struct arena *arena,
				  struct finding *ret)
{
	const struct json_value *fix = json_value_member(object, "fix");
	const char *certainty = json_value_text(object, "certainty");
	struct finding finding = {
		.count = (uint64_t)MAX(json_value_whole(object, "count", 1), INT64_C(0)),
		.bytes = read_known(object, "bytes"),
		.growth_per_hour = json_value_whole(object, "growth_per_hour", INT64_MIN),
		.bytes_per_hour = json_value_whole(object, "bytes_per_hour", INT64_MIN),
		.place = read_place(object),
		.place_word = json_value_text(object, "place_is"),
		.subject = json_value_text(object, "subject"),
		.created_by = read_place(json_value_member(object, "created_by")),
		.state = json_value_text(object, "state"),
		.wait_min_ns = -1,
		.wait_max_ns = read_known(object, "wait_s"),
		.test = json_value_text(object, "test"),
		.title = json_value_text(object, "title"),
		.why = json_value_text(object, "why"),
		.settle = json_value_text(object, "settle"),
		.fix = json_value_text(fix, "text"),
		.diff = json_value_text(fix, "diff"),
		.bytes_before = -1,
	};
	if (finding.wait_max_ns >= 0)
		finding.wait_max_ns = MIN(finding.wait_max_ns, UPTIME_MAX) * SECOND_NS;
	if (!read_rule(object, &finding.rule))
		return no_report("a finding has a rule that this dowse does not know");
	if (!certainty || !certainty_parse(certainty, &finding.certainty) || !finding.title)
		return no_report("a finding has no certainty, or no title");
	TRY(read_path(object, arena, &finding));
	TRY(read_example(object, arena, &finding));
	*ret = finding;
	return NULL;
}

static void read_left(const struct json_value *object, struct left_behind *ret)
{
	const char *state = json_value_text(object, "state");
	*ret = (struct left_behind){
		.test = json_value_text(object, "test"),
		.count = (uint64_t)MAX(json_value_whole(object, "count", 1), INT64_C(0)),
		.state = state ? state : "unknown",
		.place = read_place(object),
		.created_by = read_place(json_value_member(object, "created_by")),
		.example = (uint64_t)MAX(json_value_whole(object, "example", 0), INT64_C(0)),
	};
}

static void read_process(const struct json_value *root, const char *file,
			 struct gathered_process *ret)
{
	const struct json_value *target = json_value_member(root, "target");
	*ret = (struct gathered_process){
		.file = file,
		.package = json_value_text(root, "package"),
		.module = json_value_text(root, "module"),
		.executable = json_value_text(target, "exe"),
		.release = json_value_text(target, "go"),
		.uptime_s = MIN(read_known(target, "uptime_s"), UPTIME_MAX),
	};
	ret->name = ret->package      ? ret->package
		    : ret->executable ? text_base_name(ret->executable)
				      : "a program";
}

static bool is_list(const struct json_value *root, const char *key)
{
	const struct json_value *value = json_value_member(root, key);
	return value && value->kind == JSON_KIND_ARRAY;
}

static struct error *check_root(const struct json_value *root)
{
	if (json_value_whole(root, "dowse", 0) != 1)
		return no_report("it has no version that this dowse knows");
	if (!json_value_member(root, "target") || !is_list(root, "findings"))
		return no_report("it has no target, or no findings");
	/* Its findings are in the reports that it was made from. */
	if (json_value_member(root, "processes"))
		return no_report("it is one that `dowse report` has made of several");
	return NULL;
}

/* All of it, or nothing: whoever calls takes back what was added when this fails. */
static struct error *add_all(struct gathered *gathered, const struct json_value *root,
			     const char *file)
{
	struct gathered_process process;
	TRY(check_root(root));
	read_process(root, file, &process);
	for (const struct json_value *at = json_value_first(json_value_member(root, "findings"));
	     at; at = at->next) {
		struct finding finding;
		TRY(read_finding(at, &gathered->findings.arena, &finding));
		finding.process = (uint32_t)gathered->processes.count;
		finding.package = process.package;
		TRY(finding_vector_append(&gathered->findings.list, &finding));
	}
	for (const struct json_value *at = json_value_first(json_value_member(root, "left")); at;
	     at = at->next) {
		struct left_behind left;
		read_left(at, &left);
		left.process = (uint32_t)gathered->processes.count;
		left.package = process.package;
		TRY(left_vector_append(&gathered->left, &left));
	}
	gathered->suppressed += (size_t)MAX(json_value_whole(root, "suppressed", 0), INT64_C(0));
	gathered->known += (size_t)MAX(json_value_whole(root, "known", 0), INT64_C(0));
	return gathered_process_vector_append(&gathered->processes, &process);
}

struct error *gathered_add(struct gathered *gathered, const char *file, const void *bytes,
			   size_t size)
{
	size_t findings = gathered->findings.list.count, left = gathered->left.count;
	const struct json_value *root = NULL;
	struct error *error = json_tree_read(bytes, size, file, &gathered->findings.arena, &root);
	if (error)
		return error;
	error = add_all(gathered, root, file);
	if (!error)
		return NULL;
	gathered->findings.list.count = findings;
	gathered->left.count = left;
	return error_wrap(error, "%s", file);
}

struct error *gathered_note(struct gathered *gathered, const char *file, struct error *error)
{
	struct arena *arena = &gathered->findings.arena;
	struct gathered_problem problem = {
		.file = file,
		.text = arena_copy_string(arena, error->message, strlen(error->message)),
	};
	error_destroy(error);
	return problem.text ? gathered_problem_vector_append(&gathered->problems, &problem)
			    : error_no_memory();
}

int gathered_compare_tests(const char *one, const char *other)
{
	if (!one || !other)
		return (other != NULL) - (one != NULL);
	return strcmp(one, other);
}

static int compare_findings(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	int order = gathered_compare_tests(a->test, b->test);
	if (order)
		return order;
	if (a->certainty != b->certainty)
		return a->certainty > b->certainty ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	return (a->place.line > b->place.line) - (a->place.line < b->place.line);
}

static int compare_left(const void *left, const void *right)
{
	const struct left_behind *a = left, *b = right;
	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	int order = gathered_compare_tests(a->test, b->test);
	return order ? order : (a->place.line > b->place.line) - (a->place.line < b->place.line);
}

void gathered_sort(struct gathered *gathered)
{
	struct finding_vector *findings = &gathered->findings.list;
	if (findings->count)
		qsort(findings->items, findings->count, sizeof(*findings->items), compare_findings);
	if (gathered->left.count)
		qsort(gathered->left.items, gathered->left.count, sizeof(*gathered->left.items),
		      compare_left);
	for (size_t i = 0; i < gathered->processes.count; i++)
		gathered->processes.items[i].findings = gathered->processes.items[i].left = 0;
	for (size_t i = 0; i < findings->count; i++)
		gathered->processes.items[findings->items[i].process].findings++;
	for (size_t i = 0; i < gathered->left.count; i++)
		gathered->processes.items[gathered->left.items[i].process].left++;
}

void gathered_deinit(struct gathered *gathered)
{
	gathered_process_vector_deinit(&gathered->processes);
	gathered_problem_vector_deinit(&gathered->problems);
	left_vector_deinit(&gathered->left);
	findings_deinit(&gathered->findings);
}

static void write_process(struct json *json, const struct gathered_process *process)
{
	json_object_begin(json);
	json_member_string(json, "report", process->file);
	json_member_string(json, "package", process->package);
	json_member_string(json, "module", process->module);
	json_member_string(json, "exe", process->executable);
	json_member_string(json, "go", process->release);
	json_member_known(json, "uptime_s", process->uptime_s);
	json_member_unsigned(json, "finding_count", process->findings);
	json_member_unsigned(json, "left_count", process->left);
	json_object_end(json);
}

void gathered_json(const struct gathered *gathered, struct json *json)
{
	json_key(json, "processes");
	json_array_begin(json);
	for (size_t i = 0; i < gathered->processes.count; i++)
		write_process(json, &gathered->processes.items[i]);
	json_array_end(json);
	json_key(json, "problems");
	json_array_begin(json);
	for (size_t i = 0; i < gathered->problems.count; i++) {
		json_object_begin(json);
		json_member_string(json, "report", gathered->problems.items[i].file);
		json_member_string(json, "text", gathered->problems.items[i].text);
		json_object_end(json);
	}
	json_array_end(json);
}
