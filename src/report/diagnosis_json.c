/* SPDX-License-Identifier: Apache-2.0 */
#include "report/excerpt_text.h"
#include "report/gathered.h"
#include "report/members.h"
#include "report/memory_report.h"
#include "report/profile_report.h"

/* The contract is docs/json.md: keys are added, never changed. */

/* `source`: of findings, whose places are looked up. */
static void member_created_by(struct json *json, const struct place *place, bool with_source,
			      const struct excerpt *source)
{
	json_key(json, "created_by");
	if (!place->function) {
		json_null(json);
		return;
	}
	json_object_begin(json);
	members_place(json, place->function, place->file, place->line);
	if (with_source)
		member_source(json, source);
	json_object_end(json);
}

static void member_fingerprint(struct json *json, const struct finding *finding)
{
	char fingerprint[FINGERPRINT_SIZE];
	finding_fingerprint(finding, fingerprint);
	json_member_string(json, "fingerprint", fingerprint);
}

/* Other rules that the same cause answers to. */
static void member_also(struct json *json, const struct finding *finding)
{
	json_key(json, "also");
	json_array_begin(json);
	for (int i = 0; i < RULE_COUNT; i++) {
		if (finding->also >> i & 1)
			json_string(json, rules_get((enum rule_id)i)->code);
	}
	json_array_end(json);
}

static void member_members(struct json *json, const struct finding *finding)
{
	json_key(json, "members");
	if (!finding->members) {
		json_null(json);
		return;
	}
	json_array_begin(json);
	for (size_t i = 0; i < finding->member_count; i++)
		json_unsigned(json, finding->members[i]);
	json_array_end(json);
}

/* Against another process of the program. */
static void member_change(struct json *json, const struct finding *finding)
{
	json_member_string(json, "change", finding_change_name(finding->change));
	json_key(json, "before");
	if (finding->change == CHANGE_STAYED) {
		json_object_begin(json);
		json_member_unsigned(json, "count", finding->count_before);
		json_member_known(json, "bytes", finding->bytes_before);
		json_object_end(json);
	} else {
		json_null(json);
	}
	if (finding->change == CHANGE_GONE)
		json_member_bool(json, "mended", finding->mended);
	else
		json_member_null(json, "mended");
	json_member_string(json, "change_why", finding->change_why);
}

static void write_finding(struct json *json, const struct finding *finding)
{
	const struct rule *rule = rules_get(finding->rule);
	json_object_begin(json);
	json_member_string(json, "code", rule->code);
	json_member_string(json, "rule", rule->name);
	member_fingerprint(json, finding);
	member_also(json, finding);
	json_member_string(json, "certainty", certainty_name(finding->certainty));
	json_member_string(json, "test", finding->test);
	json_member_string(json, "package", finding->package);
	json_member_string(json, "title", finding->title);
	json_member_unsigned(json, "count", finding->count);
	json_member_known(json, "bytes", finding->bytes);
	members_place(json, finding->place.function, finding->place.file, finding->place.line);
	json_member_string(json, "place_is", finding->place_word);
	member_source(json, finding->source);
	json_member_string(json, "subject", finding->subject);
	member_created_by(json, &finding->created_by, true, finding->created_source);
	json_member_string(json, "state", finding->state);
	member_seconds(json, "wait_s", finding->wait_max_ns);
	json_key(json, "growth_per_hour");
	if (finding->growth_per_hour != INT64_MIN)
		json_signed(json, finding->growth_per_hour);
	else
		json_null(json);
	json_key(json, "bytes_per_hour");
	if (finding->bytes_per_hour != INT64_MIN)
		json_signed(json, finding->bytes_per_hour);
	else
		json_null(json);
	json_key(json, "path");
	json_array_begin(json);
	for (size_t i = 0; i < finding->path_count; i++)
		json_string(json, finding->path[i]);
	json_array_end(json);
	json_member_string(json, "why", finding->why);
	json_member_string(json, "settle", finding->settle);
	json_key(json, "fix");
	json_object_begin(json);
	json_member_string(json, "text", finding->fix);
	json_member_string(json, "diff", finding->diff);
	json_object_end(json);
	json_key(json, "example");
	if (finding->example)
		json_unsigned(json, finding->example->id);
	else
		json_null(json);
	member_members(json, finding);
	member_change(json, finding);
	json_object_end(json);
}

static void member_verdict(struct json *json, const struct diagnosis *diagnosis)
{
	_cleanup_(writer_deinit) struct writer verdict = WRITER_TO_MEMORY;
	diagnosis_verdict(diagnosis, &verdict);
	json_member_string(json, "verdict", writer_text(&verdict));
}

static void member_heap(struct json *json, const struct diagnosis *diagnosis)
{
	const struct runtime_counters *counters = diagnosis->counters;
	struct heap_totals totals;
	json_key(json, "heap");
	json_object_begin(json);
	if (diagnosis->heap) {
		heap_count(diagnosis->heap, &totals);
		json_member_unsigned(json, "objects", totals.objects);
		json_member_unsigned(json, "bytes", totals.bytes);
		json_member_unsigned(json, "reachable_bytes", totals.reachable_bytes);
	} else {
		json_member_null(json, "objects");
		json_member_known(json, "bytes", counters ? counters->heap_allocated : -1);
		json_member_null(json, "reachable_bytes");
	}
	json_object_end(json);
}

static void member_findings(struct json *json, const char *key, const struct findings *findings)
{
	json_key(json, key);
	json_array_begin(json);
	for (size_t i = 0; i < findings->list.count; i++)
		write_finding(json, &findings->list.items[i]);
	json_array_end(json);
}

static void member_left(struct json *json, const struct diagnosis *diagnosis)
{
	json_key(json, "left");
	json_array_begin(json);
	for (size_t i = 0; i < diagnosis->left_count; i++) {
		const struct left_behind *left = &diagnosis->left[i];
		json_object_begin(json);
		json_member_string(json, "test", left->test);
		json_member_string(json, "package", left->package);
		json_member_unsigned(json, "count", left->count);
		json_member_string(json, "state", left->state);
		members_place(json, left->place.function, left->place.file, left->place.line);
		member_created_by(json, &left->created_by, false, NULL);
		json_member_unsigned(json, "example", left->example);
		json_object_end(json);
	}
	json_array_end(json);
}

/* The last of all: who reads fingerprints of a baseline ends where "gone" begins. */
static void member_comparison(struct json *json, const struct diagnosis *diagnosis)
{
	json_key(json, "before");
	if (!diagnosis->before) {
		json_null(json);
		json_member_null(json, "gone");
		return;
	}
	json_object_begin(json);
	subject_target_json(diagnosis->before, json);
	json_object_end(json);
	member_findings(json, "gone", diagnosis->gone);
}

void diagnosis_json(const struct diagnosis *diagnosis, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(diagnosis->subject, &json);
	member_verdict(&json, diagnosis);
	json_member_string(&json, "package", diagnosis->package);
	json_member_string(&json, "module", diagnosis->main_module);
	if (diagnosis->goroutines)
		subject_goroutines_json(diagnosis->goroutines, false, &json);
	else
		subject_no_goroutines_json(&json);
	member_heap(&json, diagnosis);
	if (diagnosis->memory)
		memory_json(diagnosis->memory, &json);
	else
		json_member_null(&json, "memory");
	if (diagnosis->profile)
		profile_json(diagnosis->profile, &json);
	if (diagnosis->gathered)
		gathered_json(diagnosis->gathered, &json);
	member_findings(&json, "findings", diagnosis->findings);
	json_member_unsigned(&json, "suppressed", diagnosis->suppressed);
	json_member_unsigned(&json, "known", diagnosis->known);
	member_left(&json, diagnosis);
	member_comparison(&json, diagnosis);
	json_object_end(&json);
	writer_char(writer, '\n');
}
