/* SPDX-License-Identifier: Apache-2.0 */
#include "report/gctrace_report.h"

#define MIB (UINT64_C(1) << 20)

static void write_cycle(const struct gc_cycle *cycle, struct json *json)
{
	json_object_begin(json);
	json_member_unsigned(json, "number", cycle->number);
	json_key(json, "at_s");
	json_number(json, cycle->at_s);
	json_member_unsigned(json, "before", cycle->before_mib * MIB);
	json_member_unsigned(json, "after", cycle->after_mib * MIB);
	json_member_unsigned(json, "live", cycle->live_mib * MIB);
	json_member_unsigned(json, "goal", cycle->goal_mib * MIB);
	json_key(json, "pause_ms");
	json_number(json, cycle->pause_ms);
	json_key(json, "mark_ms");
	json_number(json, cycle->mark_ms);
	json_key(json, "cpu_percent");
	json_number(json, cycle->cpu_percent);
	json_member_known(json, "processors", cycle->processors ? (int64_t)cycle->processors : -1);
	json_member_bool(json, "forced", cycle->forced);
	json_object_end(json);
}

static void member_trend(const struct heap_trend *heap, struct json *json)
{
	const double mib_hour = (double)MIB * 3600;
	json_key(json, "trend");
	json_object_begin(json);
	json_key(json, "from_s");
	json_number(json, heap->from_s);
	json_key(json, "span_s");
	json_number(json, heap->span_s);
	json_key(json, "bytes_per_hour");
	json_number(json, heap->trend.slope * mib_hour);
	json_key(json, "bytes_per_hour_least");
	json_number(json, heap->trend.slope_low * mib_hour);
	json_key(json, "bytes_per_hour_most");
	json_number(json, heap->trend.slope_high * mib_hour);
	json_key(json, "confidence");
	json_number(json, heap->trend.confidence);
	json_object_end(json);
}

static void write_moment(const struct sched_moment *moment, struct json *json)
{
	json_object_begin(json);
	json_key(json, "at_s");
	json_number(json, moment->at_s);
	json_member_unsigned(json, "processors", moment->processors);
	json_member_unsigned(json, "idle_processors", moment->idle_processors);
	json_member_unsigned(json, "threads", moment->threads);
	json_member_unsigned(json, "run_queue", moment->run_queue);
	json_object_end(json);
}

static void member_headline(const struct gctrace_report *report, struct json *json)
{
	_cleanup_(writer_deinit) struct writer text = WRITER_TO_MEMORY;
	gctrace_headline(report, &text);
	json_member_string(json, "headline", writer_text(&text));
}

void gctrace_json(const struct gctrace_report *report, struct writer *writer)
{
	const struct gctrace *trace = report->trace;
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(report->subject, &json);
	json_member_string(&json, "verdict", heap_verdict_name(report->heap->verdict));
	json_member_string(&json, "why", report->heap->why);
	member_headline(report, &json);
	member_trend(report->heap, &json);
	json_member_unsigned(&json, "cycle_count", trace->cycles.count);
	json_key(&json, "pause_ms");
	json_number(&json, report->heap->pause_ms);
	json_key(&json, "pause_max_ms");
	json_number(&json, report->heap->pause_max_ms);
	json_key(&json, "cpu_percent");
	json_number(&json, report->heap->cpu_percent);
	json_key(&json, "cycles");
	json_array_begin(&json);
	for (size_t i = 0; i < trace->cycles.count && i < report->limit; i++)
		write_cycle(&trace->cycles.items[i], &json);
	json_array_end(&json);
	json_key(&json, "scheduler");
	json_array_begin(&json);
	for (size_t i = 0; i < trace->moments.count && i < report->limit; i++)
		write_moment(&trace->moments.items[i], &json);
	json_array_end(&json);
	json_object_end(&json);
	writer_char(writer, '\n');
}
