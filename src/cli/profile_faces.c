/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_faces.h"

#include "profile/encode.h"
#include "profile/filter.h"
#include "profile/graph.h"
#include "profile/top.h"
#include "report/flame_report.h"
#include "report/profile_graph_report.h"
#include "report/profile_top_report.h"

/* How many are shown if nothing is said: functions of a table, nodes of a graph, calls of a tree. */
#define ROWS_USUAL  30
#define NODES_USUAL 80
#define CALLS_USUAL 200
#define PEEKS_MOST  1000

static struct error *compile(enum option_id option, const char *text, struct pattern *ret)
{
	return text ? pattern_compile(options_name(option), text, ret) : NULL;
}

static struct error *compile_labels(enum option_id option, const char *text,
				    struct label_filter *ret)
{
	return text ? label_filter_compile(options_name(option), text, ret) : NULL;
}

static struct error *filter(const struct options *options, struct profile *profile)
{
	_cleanup_(profile_filter_deinit) struct profile_filter filter = { 0 };
	TRY(compile(OPTION_FOCUS, options->focus, &filter.focus));
	TRY(compile(OPTION_IGNORE, options->ignore, &filter.ignore));
	TRY(compile(OPTION_HIDE, options->hide, &filter.hide));
	TRY(compile(OPTION_SHOW, options->show, &filter.show));
	TRY(compile_labels(OPTION_TAG_FOCUS, options->tag_focus, &filter.tag_focus));
	TRY(compile_labels(OPTION_TAG_IGNORE, options->tag_ignore, &filter.tag_ignore));
	return profile_filter_apply(&filter, profile);
}

static struct error *no_such_value(const struct profile *profile, const char *value)
{
	struct writer list = WRITER_TO_MEMORY;
	for (uint32_t i = 0; i < profile->type_count; i++) {
		struct profile_text text = profile_text(profile, profile->types[i].type);
		writer_string(&list, i ? ", " : "");
		writer_bytes(&list, text.bytes, text.length);
	}
	const char *text = writer_text(&list);
	struct error *error = error_new(ERROR_USAGE, "%s has no --value %s: %s", profile->name,
					value, text ? text : "");
	writer_deinit(&list);
	return error;
}

/* What is in use of a heap profile, for that is where leaks are; else what it shows by itself. */
static struct error *choose_type(const struct invocation *invocation, const struct profile *profile,
				 uint32_t *ret)
{
	const char *value = invocation->options.value;
	int asked = profile_type_find(profile, value ? value : "inuse_space");
	if (value && asked < 0)
		return no_such_value(profile, value);
	*ret = asked >= 0 ? (uint32_t)asked : profile_type_shown(profile);
	return NULL;
}

static uint32_t limit_of(const struct invocation *invocation, uint32_t usual)
{
	uint64_t limit = invocation->options.limit;
	return limit == UINT64_MAX ? usual : (uint32_t)MIN(limit, (uint64_t)INT32_MAX);
}

static struct error *show_top(struct invocation *invocation, struct profile *profile, uint32_t type,
			      int64_t whole)
{
	struct profile_top flat = { 0 }, cumulative = { 0 };
	struct error *error = profile_top_make(profile, type, limit_of(invocation, ROWS_USUAL),
					       &flat, &cumulative);
	if (!error)
		error = profile_top_text(profile, type, whole, &flat, &invocation->style,
					 invocation->out);
	profile_top_deinit(&flat);
	profile_top_deinit(&cumulative);
	return error;
}

static struct error *show_dot(struct invocation *invocation, struct profile *profile, uint32_t type,
			      int64_t whole)
{
	struct profile_graph graph = { 0 };
	TRY(profile_graph_make(profile, type, limit_of(invocation, NODES_USUAL), &graph));
	profile_dot(&(struct profile_graph_report){ profile, &graph, type, whole },
		    invocation->out);
	profile_graph_deinit(&graph);
	return NULL;
}

static struct error *show_peek(struct invocation *invocation, struct profile *profile,
			       uint32_t type, int64_t whole)
{
	_cleanup_(pattern_deinit) struct pattern pattern = { 0 };
	struct profile_graph graph = { 0 };
	TRY(compile(OPTION_PEEK, invocation->options.peek, &pattern));
	TRY(profile_graph_make(profile, type, UINT32_MAX, &graph));
	const struct profile_graph_report report = { profile, &graph, type, whole };
	struct error *error = profile_peek_text(
		&report, &pattern, MIN(limit_of(invocation, ROWS_USUAL), (uint32_t)PEEKS_MOST),
		&invocation->style, invocation->out);
	profile_graph_deinit(&graph);
	return error;
}

static struct error *show_json(struct invocation *invocation, const struct profile *profile,
			       uint32_t type)
{
	const struct subject subject = {
		.kind = "profile",
		.name = profile->name,
		.path = profile->name,
		.uptime_ns = -1,
	};
	return flame_json(&subject, profile, type, invocation->out);
}

static struct error *show_type(struct invocation *invocation, struct profile *profile,
			       uint32_t type, int64_t whole)
{
	if (cli_format_is(invocation, "folded"))
		return profile_fold(profile, type, invocation->out);
	/* A page is made of it. */
	if (cli_format_is(invocation, "json"))
		return show_json(invocation, profile, type);
	if (cli_format_is(invocation, "svg"))
		return flame_svg(profile, type, whole, invocation->out);
	if (cli_format_is(invocation, "tree"))
		return flame_text(profile, type, whole, limit_of(invocation, CALLS_USUAL),
				  invocation->out);
	if (cli_format_is(invocation, "dot"))
		return show_dot(invocation, profile, type, whole);
	if (invocation->options.peek)
		return show_peek(invocation, profile, type, whole);
	return show_top(invocation, profile, type, whole);
}

struct error *profile_show(struct invocation *invocation, struct profile *profile)
{
	uint32_t type = 0;
	int64_t whole = 0;
	bool any = profile->type_count;
	if (invocation->options.peek && !cli_format_is(invocation, "text"))
		return error_new(ERROR_USAGE, "--peek is text alone: leave --format out");
	if (any) {
		TRY(choose_type(invocation, profile, &type));
		whole = profile_total(profile, type);
		TRY(filter(&invocation->options, profile));
	}
	if (cli_format_is(invocation, "pprof"))
		return profile_encode(profile, invocation->out);
	if (!any)
		return error_new(ERROR_UNSUPPORTED, "%s: there is nothing in it", profile->name);
	return show_type(invocation, profile, type, whole);
}
