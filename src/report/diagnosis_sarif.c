/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "report/source_path.h"

/* SARIF 2.1.0: the rules that have findings, and a result for each finding. */

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static const char *const levels[] = {
	[CERTAINTY_SUSPECT] = "note",
	[CERTAINTY_LIKELY] = "warning",
	[CERTAINTY_PROVED] = "error",
};

static void member_text(struct json *json, const char *key, const char *text)
{
	json_key(json, key);
	json_object_begin(json);
	json_member_string(json, "text", text ? text : "");
	json_object_end(json);
}

static void write_rule(struct json *json, const struct rule *rule)
{
	json_object_begin(json);
	json_member_string(json, "id", rule->name);
	member_text(json, "shortDescription", rule->summary);
	member_text(json, "fullDescription", rule->evidence);
	member_text(json, "help", rule->wrong);
	json_key(json, "properties");
	json_object_begin(json);
	json_member_string(json, "code", rule->code);
	json_object_end(json);
	json_object_end(json);
}

/* The places of the rules in the list that is written; UINT32_MAX: it has no finding. */
struct rule_places {
	uint32_t of[RULE_COUNT];
	uint32_t count;
};

static void write_rules(struct json *json, const struct findings *findings, struct rule_places *ret)
{
	uint64_t used = 0;
	for (size_t i = 0; i < findings->list.count; i++)
		used |= UINT64_C(1) << findings->list.items[i].rule;
	ret->count = 0;
	json_key(json, "rules");
	json_array_begin(json);
	for (int i = 0; i < RULE_COUNT; i++) {
		ret->of[i] = UINT32_MAX;
		if (!(used >> i & 1))
			continue;
		ret->of[i] = ret->count++;
		write_rule(json, rules_get((enum rule_id)i));
	}
	json_array_end(json);
}

/* Bytes that a URI cannot have as they are. */
static void write_uri(struct json *json, const char *prefix, const char *path)
{
	struct writer uri = WRITER_TO_MEMORY;
	writer_string(&uri, prefix);
	for (; *path; path++) {
		unsigned char byte = (unsigned char)*path;
		bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
			     (byte >= '0' && byte <= '9') || strchr("/._-~@+", byte);
		if (plain)
			writer_char(&uri, (char)byte);
		else
			writer_printf(&uri, "%%%02X", byte);
	}
	const char *text = writer_text(&uri);
	json_member_string(json, "uri", text ? text : "");
	writer_deinit(&uri);
}

static void write_artifact(struct json *json, const struct diagnosis *diagnosis, const char *file,
			   const struct excerpt *source)
{
	const char *in_tree = source_path_in_tree(diagnosis, file, source);
	json_key(json, "artifactLocation");
	json_object_begin(json);
	write_uri(json, !in_tree && file[0] == '/' ? "file://" : "", in_tree ? in_tree : file);
	if (in_tree)
		json_member_string(json, "uriBaseId", "%SRCROOT%");
	json_object_end(json);
}

/* Lines as the artifact has them; their ends are what a reader adds. */
static void member_snippet(struct json *json, const struct excerpt *source, size_t from, size_t to)
{
	_cleanup_(writer_deinit) struct writer text = WRITER_TO_MEMORY;
	for (size_t i = from; i <= to; i++)
		writer_printf(&text, "%s%s", i > from ? "\n" : "",
			      source->lines[i - source->first]);
	member_text(json, "snippet", writer_text(&text));
}

static void write_regions(struct json *json, int32_t line, const struct excerpt *source)
{
	bool known = source && source->count && source->state == EXCERPT_SAME;
	json_key(json, "region");
	json_object_begin(json);
	json_member_unsigned(json, "startLine", (uint64_t)line);
	if (known)
		member_snippet(json, source, source->line, source->line);
	json_object_end(json);
	if (!known)
		return;
	size_t last = source->first + source->count - 1;
	json_key(json, "contextRegion");
	json_object_begin(json);
	json_member_unsigned(json, "startLine", source->first);
	json_member_unsigned(json, "endLine", last);
	member_snippet(json, source, source->first, last);
	json_object_end(json);
}

static void write_location(struct json *json, const struct diagnosis *diagnosis,
			   const struct place *place, const struct excerpt *source,
			   const char *message)
{
	json_object_begin(json);
	if (place->file && strcmp(place->file, "?") != 0) {
		json_key(json, "physicalLocation");
		json_object_begin(json);
		write_artifact(json, diagnosis, place->file, source);
		if (place->line > 0)
			write_regions(json, place->line, source);
		json_object_end(json);
	}
	json_key(json, "logicalLocations");
	json_array_begin(json);
	json_object_begin(json);
	json_member_string(json, "fullyQualifiedName", place->function);
	json_member_string(json, "kind", "function");
	json_object_end(json);
	json_array_end(json);
	if (message)
		member_text(json, "message", message);
	json_object_end(json);
}

static void write_locations(struct json *json, const struct diagnosis *diagnosis,
			    const struct finding *finding)
{
	json_key(json, "locations");
	json_array_begin(json);
	if (finding->place.function)
		write_location(json, diagnosis, &finding->place, finding->source, NULL);
	json_array_end(json);
	if (!finding->created_by.function)
		return;
	json_key(json, "relatedLocations");
	json_array_begin(json);
	write_location(json, diagnosis, &finding->created_by, finding->created_source,
		       "started here");
	json_array_end(json);
}

static void write_words(struct json *json, const struct finding *finding)
{
	struct writer text = WRITER_TO_MEMORY;
	if (finding->test)
		writer_printf(&text, "%s: ", finding->test);
	writer_string(&text, finding->title);
	if (finding->why)
		writer_printf(&text, ". %s", finding->why);
	if (finding->fix)
		writer_printf(&text, " Fix: %s", finding->fix);
	const char *words = writer_text(&text);
	member_text(json, "message", words);
	writer_deinit(&text);
}

static void write_result(struct json *json, const struct diagnosis *diagnosis,
			 const struct finding *finding, const struct rule_places *places)
{
	char fingerprint[FINGERPRINT_SIZE];
	finding_fingerprint(finding, fingerprint);
	json_object_begin(json);
	json_member_string(json, "ruleId", rules_get(finding->rule)->name);
	json_member_unsigned(json, "ruleIndex", places->of[finding->rule]);
	json_member_string(json, "level", levels[finding->certainty]);
	if (finding->change != CHANGE_UNKNOWN)
		json_member_string(json, "baselineState",
				   finding->change == CHANGE_NEW ? "new" : "unchanged");
	write_words(json, finding);
	write_locations(json, diagnosis, finding);
	json_key(json, "partialFingerprints");
	json_object_begin(json);
	json_member_string(json, "dowse/v1", fingerprint);
	json_object_end(json);
	json_key(json, "properties");
	json_object_begin(json);
	json_member_string(json, "certainty", certainty_name(finding->certainty));
	json_member_unsigned(json, "count", finding->count);
	json_member_known(json, "bytes", finding->bytes);
	if (finding->test)
		json_member_string(json, "test", finding->test);
	if (finding->package)
		json_member_string(json, "package", finding->package);
	json_object_end(json);
	json_object_end(json);
}

static void write_run(struct json *json, const struct diagnosis *diagnosis)
{
	struct rule_places places;
	json_key(json, "tool");
	json_object_begin(json);
	json_key(json, "driver");
	json_object_begin(json);
	json_member_string(json, "name", "dowse");
	json_member_string(json, "version", DOWSE_VERSION);
	write_rules(json, diagnosis->findings, &places);
	json_object_end(json);
	json_object_end(json);
	json_member_string(json, "columnKind", "unicodeCodePoints");
	json_key(json, "results");
	json_array_begin(json);
	for (size_t i = 0; i < diagnosis->findings->list.count; i++)
		write_result(json, diagnosis, &diagnosis->findings->list.items[i], &places);
	json_array_end(json);
}

void diagnosis_sarif(const struct diagnosis *diagnosis, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	json_member_string(&json, "$schema", SCHEMA);
	json_member_string(&json, "version", "2.1.0");
	json_key(&json, "runs");
	json_array_begin(&json);
	json_object_begin(&json);
	write_run(&json, diagnosis);
	json_object_end(&json);
	json_array_end(&json);
	json_object_end(&json);
	writer_char(writer, '\n');
}
