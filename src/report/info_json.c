/* SPDX-License-Identifier: Apache-2.0 */
#include "report/info_report.h"
#include "report/memory_report.h"

static void module_json(const struct build_module *module, struct json *json)
{
	json_object_begin(json);
	json_member_string(json, "path", module->path);
	json_member_string(json, "version", module->version);
	json_member_string(json, "sum", module->sum);
	json_member_string(json, "replaced_by", module->replaced_by);
	json_object_end(json);
}

static void build_json(const struct build_info *build, struct json *json)
{
	json_key(json, "build");
	json_object_begin(json);
	json_member_string(json, "package", build->path);
	json_key(json, "main");
	if (build->main.path)
		module_json(&build->main, json);
	else
		json_null(json);
	json_key(json, "settings");
	json_object_begin(json);
	for (size_t i = 0; i < build->setting_count; i++)
		json_member_string(json, build->settings[i].key, build->settings[i].value);
	json_object_end(json);
	json_key(json, "modules");
	json_array_begin(json);
	for (size_t i = 0; i < build->module_count; i++)
		module_json(&build->modules[i], json);
	json_array_end(json);
	json_object_end(json);
}

static void process_json(const struct info_report *report, struct json *json)
{
	const struct info_limits *limits = &report->limits;
	json_key(json, "process");
	json_object_begin(json);
	json_member_string(json, "command", report->command);
	if (report->core) {
		json_member_null(json, "uid");
		json_member_null(json, "replaced");
		json_member_null(json, "deleted");
		json_member_unsigned(json, "threads", report->core->threads);
	} else {
		json_member_unsigned(json, "uid", report->facts->uid);
		json_member_bool(json, "replaced", report->executable->replaced);
		json_member_bool(json, "deleted", report->executable->deleted);
		json_member_unsigned(json, "threads", report->facts->threads);
	}
	json_member_known(json, "descriptors", limits->descriptors);
	json_member_known(json, "descriptor_limit", limits->descriptor_limit);
	json_key(json, "cpu_limit");
	if (limits->processors >= 0)
		json_number(json, limits->processors);
	else
		json_null(json);
	json_member_known(json, "cpus_allowed", limits->allowed_processors);
	json_object_end(json);
}

static void core_json(const struct core_facts *core, struct json *json)
{
	json_key(json, "core");
	if (!core) {
		json_null(json);
		return;
	}
	json_object_begin(json);
	json_member_known(json, "signal", core->signal ? core->signal : -1);
	json_member_unsigned(json, "file_bytes", core->file_size);
	json_member_unsigned(json, "mapped_bytes", core->memory);
	json_member_unsigned(json, "held_bytes", core->held);
	json_member_unsigned(json, "cut_bytes", core->cut);
	json_member_unsigned(json, "cut_segments", core->cut_segments);
	json_member_bool(json, "executable_found", core->executable_found);
	json_object_end(json);
}

static void runtime_json(const struct info_report *report, struct json *json)
{
	static const char *const sources[] = {
		[LAYOUT_FROM_TABLE] = "table",
		[LAYOUT_FROM_DWARF] = "debug information",
		[LAYOUT_FROM_NEAREST] = "nearest",
	};
	const struct runtime_counters *counters = report->counters;
	json_key(json, "runtime");
	json_object_begin(json);
	json_member_string(json, "layout", sources[report->binary->layout_source]);
	json_member_string(json, "layout_release", report->binary->layout_release);
	json_member_known(json, "gomaxprocs", counters->processors);
	json_member_known(json, "threads", counters->threads);
	json_member_known(json, "gc_count", counters->gc_count);
	json_member_known(json, "last_gc_unix_ns", counters->last_gc_unix_ns);
	/* -1 says "off" here; null is unknown. */
	json_key(json, "gogc");
	if (counters->gc_percent == INT64_MIN)
		json_null(json);
	else
		json_signed(json, counters->gc_percent);
	json_member_known(json, "gomemlimit",
			  counters->memory_limit == INT64_MAX ? -1 : counters->memory_limit);
	json_member_known(json, "heap_goal", counters->heap_goal);
	json_member_known(json, "heap_live", counters->heap_live);
	json_member_known(json, "heap_marked", counters->heap_marked);
	json_member_known(json, "heap_in_use", counters->heap_in_use);
	json_member_known(json, "heap_free", counters->heap_free);
	json_member_known(json, "heap_released", counters->heap_released);
	json_member_known(json, "heap_allocated", counters->heap_allocated);
	json_member_known(json, "stacks", counters->stacks);
	json_member_known(json, "total_allocated", counters->total_allocated);
	json_object_end(json);
}

void info_json(const struct info_report *report, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(report->subject, &json);
	json_member_known(&json, "goroutine_count", report->counters->goroutines);
	process_json(report, &json);
	core_json(report->core, &json);
	build_json(&report->binary->build_info, &json);
	runtime_json(report, &json);
	if (report->memory)
		memory_json(report->memory, &json);
	else
		json_member_null(&json, "memory");
	json_object_end(&json);
	writer_char(writer, '\n');
}
