/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/file.h"
#include "cli/exec_judge.h"
#include "cli/look.h"
#include "cli/source_shown.h"
#include "fix/fix.h"
#include "leak/ignored.h"
#include "report/diagnosis.h"
#include "report/tests_report.h"
#include "runtime/watch_owners.h"
#include "target/traced.h"

#define MEMORY_FLAGS   MFD_CLOEXEC
#define SETTLE_NS      300000000u
#define SETTLE_STEP_NS 5000000u
#define GRACE_NS       1000000000u /* for those that are to be gone, not only at rest */

/* What a worker looks at, and where it writes to. */
struct looking {
	struct exec *exec;
	enum exec_moment moment;
	const struct exec_look *look;
};

struct watch_owners exec_owners(const struct exec *exec)
{
	const struct watch_owners owners = {
		.slots = (const struct watch_slot *)(exec->area + WATCH_CODE_SIZE + WATCH_PAGE),
		.count = MIN(exec->header->count, WATCH_SLOTS),
		.address = exec->address + WATCH_CODE_SIZE + WATCH_PAGE,
		.ending = exec->header->ending,
	};
	return owners;
}

/* Those that somebody may have left behind: not the runtime's own, not who ends the program. */
static uint64_t count_others(const struct exec *exec, const struct goroutines *goroutines,
			     uint64_t *ret_restless)
{
	uint64_t count = 0;
	*ret_restless = 0;
	for (size_t i = 0; i < goroutines->list.count; i++) {
		const struct goroutine *goroutine = &goroutines->list.items[i];
		if (goroutine->system || goroutine->id == 1 ||
		    goroutine->id == exec->header->ending)
			continue;
		count++;
		*ret_restless += goroutine->state == GOROUTINE_RUNNABLE ||
				 goroutine->state == GOROUTINE_RUNNING;
	}
	return count;
}

/* Whose tests they are: NULL of another program, or unknown. Lives as long as dowse. */
static const char *package_of(const struct exec *exec)
{
	return exec->told->plan.tests && exec->told->program[0] ? exec->told->program : NULL;
}

/* Whom each finding is about, by its example. */
static struct error *name_tests(const struct watch_owners *owners, const char *package,
				struct findings *findings)
{
	for (size_t i = 0; i < findings->list.count; i++) {
		struct finding *finding = &findings->list.items[i];
		finding->package = package;
		if (finding->example)
			TRY(watch_owner_name(owners, finding->example->owner, &findings->arena,
					     &finding->test));
	}
	return NULL;
}

/* What a short life says nothing about: how much memory something holds, or how fast it grows. */
static void keep_goroutines(struct findings *findings)
{
	size_t kept = 0;
	for (size_t i = 0; i < findings->list.count; i++) {
		if (findings->list.items[i].example)
			findings->list.items[kept++] = findings->list.items[i];
	}
	findings->list.count = kept;
}

/* In the order in which the tests began; what belongs to none comes last. */
static int compare_owners(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	uint32_t one = a->example ? a->example->owner - 1 : UINT32_MAX;
	uint32_t other = b->example ? b->example->owner - 1 : UINT32_MAX;
	if (one != other)
		return one < other ? -1 : 1;
	if (a->certainty != b->certainty)
		return a->certainty > b->certainty ? -1 : 1;
	return a->rule < b->rule ? -1 : a->rule > b->rule;
}

static void sort_by_test(struct findings *findings)
{
	if (findings->list.count)
		qsort(findings->list.items, findings->list.count, sizeof(*findings->list.items),
		      compare_owners);
}

static bool fails(const struct options *options, const struct findings *findings)
{
	enum certainty fail_on = CERTAINTY_LIKELY;
	if (!certainty_parse(options->fail_on, &fail_on) && strcmp(options->fail_on, "left") != 0)
		return false; /* never */
	for (size_t i = 0; i < findings->list.count; i++) {
		if (findings->list.items[i].certainty >= fail_on)
			return true;
	}
	return false;
}

static struct error *write_json(const struct looking *looking, const struct diagnosis *diagnosis)
{
	struct writer json = WRITER_TO_DESCRIPTOR(looking->look->json);
	if (looking->look->json < 0)
		return NULL;
	diagnosis_json(diagnosis, &json);
	struct error *error = writer_finish(&json);
	writer_deinit(&json);
	return error_wrap(error, "cannot write the report");
}

static struct error *write_text(const struct looking *looking, const struct diagnosis *diagnosis)
{
	struct writer text = WRITER_TO_DESCRIPTOR(looking->look->text);
	const struct style style = style_for(STDERR_FILENO);
	if (looking->exec->told->plan.tests)
		tests_text(diagnosis, looking->exec->marked, &style, &text);
	else
		diagnosis_text(diagnosis, &style, &text);
	struct error *error = writer_finish(&text);
	writer_deinit(&text);
	return error_wrap(error, "cannot write the report");
}

static struct error *select_findings(struct exec *exec, struct findings *findings,
				     struct diagnosis *diagnosis, struct suppressions *suppressions)
{
	const struct options *options = &exec->invocation->options;
	_cleanup_(file_bytes_deinit) struct file_bytes text = { 0 };
	_cleanup_(file_bytes_deinit) struct file_bytes baseline = { 0 };
	uint64_t rules = RULES_ALL;
	if (options->rules)
		TRY(rules_parse(options->rules, &rules));
	/* Of tests, what is worth a look is told to who asks for that alone. */
	bool all = !exec->told->plan.tests || strcmp(options->fail_on, "suspect") == 0;
	const struct ignored ignored = exec_ignored(options);
	diagnosis->suppressed = ignored_drop(&ignored, findings);
	findings_select(findings, rules, all ? CERTAINTY_SUSPECT : CERTAINTY_LIKELY);
	if (options->suppress) {
		TRY(file_read(options->suppress, (size_t)1 << 20, &text));
		TRY(suppressions_parse((const char *)text.bytes, options->suppress, suppressions));
		diagnosis->suppressed += findings_suppress(findings, suppressions);
		diagnosis->suppressions = suppressions;
	}
	if (options->baseline) {
		TRY(file_read(options->baseline, (size_t)256 << 20, &baseline));
		TRY(findings_drop_known(findings, (const char *)baseline.bytes, &diagnosis->known));
	}
	return NULL;
}

static struct error *judge(const struct looking *looking, struct evidence *evidence,
			   struct look *look)
{
	struct exec *exec = looking->exec;
	const struct watch_owners owners = exec_owners(exec);
	_cleanup_(suppressions_deinit) struct suppressions suppressions = { 0 };
	_cleanup_(source_shown_deinit) struct source_shown source = { 0 };
	TRY(watch_owners_tell(&owners, look->live.evidence.goroutines));
	TRY(look_judge(look, NULL));
	struct findings *findings = &look->live.findings;
	if (exec->told->plan.tests)
		keep_goroutines(findings);
	if (exec->told->plan.tests)
		sort_by_test(findings);
	TRY(fix_findings(findings));
	TRY(name_tests(&owners, package_of(exec), findings));
	struct diagnosis diagnosis = {
		.subject = &evidence->subject,
		.findings = findings,
		.goroutines = look->live.evidence.goroutines,
		.groups = &look->live.groups,
		.heap = look->heap,
		.counters = look->has_counters ? &look->counters : NULL,
		.memory = look->has_memory ? &look->memory : NULL,
		.folder = getenv("PWD"),
		.main_module = runtime_binary(evidence->runtime)->build_info.main.path,
		.package = package_of(exec),
		.main_package = runtime_binary(evidence->runtime)->build_info.path,
		.built_before_ns = source_built_before(&evidence->subject, -1),
		.looks = 1,
		.between_ns = -1,
	};
	TRY(select_findings(exec, findings, &diagnosis, &suppressions));
	TRY(exec_left(exec, &owners, &look->live, &diagnosis));
	TRY(source_show(&exec->invocation->options, &diagnosis, findings, &source));
	exec->told->findings = findings->list.count;
	exec->told->left = diagnosis.left_count;
	exec->told->fails |= fails(&exec->invocation->options, findings) || diagnosis.left_count;
	if (findings->list.count || diagnosis.left_count || !exec->told->plan.tests)
		TRY(write_text(looking, &diagnosis));
	return write_json(looking, &diagnosis);
}

static struct error *count_now(struct exec *exec, struct evidence *evidence)
{
	const struct runtime_goroutines_options options = { 0 };
	_cleanup_(runtime_goroutines_cleanup) struct goroutines *goroutines = NULL;
	TRY(runtime_goroutines(evidence->runtime, &options, &goroutines));
	exec->told->goroutines = count_others(exec, goroutines, &exec->told->restless);
	return NULL;
}

/*
 * With nobody left there is nothing that the heap could tell of them. Who has only just been started,
 * or is about to end, gets a moment to come to rest.
 */
static struct error *is_anybody_left(struct exec *exec, struct evidence *evidence, bool *ret)
{
	bool left = exec_wants_left(exec);
	uint64_t until = traced_now_ns() + (left ? GRACE_NS : SETTLE_NS);
	TRY(count_now(exec, evidence));
	while ((left ? exec->told->goroutines : exec->told->restless) && traced_now_ns() < until) {
		traced_sleep_ns(SETTLE_STEP_NS);
		/* A busy machine may not stop it in time: the last count stands. */
		error_destroy(count_now(exec, evidence));
	}
	*ret = exec->told->goroutines > 0;
	return NULL;
}

/* So that who gathers the reports knows that it was looked at. */
static struct error *write_nothing(const struct looking *looking, const struct evidence *evidence)
{
	const struct findings none = { 0 };
	const struct diagnosis diagnosis = {
		.subject = &evidence->subject,
		.findings = &none,
		.main_module = runtime_binary(evidence->runtime)->build_info.main.path,
		.package = package_of(looking->exec),
		.looks = 1,
		.between_ns = -1,
	};
	return write_json(looking, &diagnosis);
}

static struct error *look_now(const struct looking *looking)
{
	struct exec *exec = looking->exec;
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	_cleanup_(look_deinit) struct look look = { 0 };
	TRY(evidence_open_process(exec->spawned.pid, &evidence));
	TRY(exec_name_package(exec, &evidence));
	evidence.subject.places = evidence.places.rule;
	if (exec->told->plan.tests) {
		bool anybody;
		TRY(is_anybody_left(exec, &evidence, &anybody));
		if (!anybody)
			return write_nothing(looking, &evidence);
	}
	TRY(look_take(exec->invocation, &evidence, &look));
	return judge(looking, &evidence, &look);
}

static int look_work(void *argument)
{
	const struct looking *looking = argument;
	struct exec *exec = looking->exec;
	struct error *error = look_now(looking);
	if (!error)
		return CLI_OK;
	int status = error->code == ERROR_USAGE ? CLI_USAGE : CLI_FAILED;
	snprintf(exec->told->problem, sizeof(exec->told->problem), "%s", error->message);
	error_destroy(error);
	return status;
}

static int open_memory(void)
{
	return (int)syscall(SYS_memfd_create, "dowse-report", MEMORY_FLAGS);
}

struct error *exec_look(struct exec *exec, enum exec_moment moment, struct exec_look *ret)
{
	_cleanup_(exec_look_deinit) struct exec_look look = EXEC_LOOK_NONE;
	struct looking looking = { .exec = exec, .moment = moment, .look = &look };
	look.text = open_memory();
	if (exec->invocation->options.out)
		look.json = open_memory();
	if (look.text < 0 || (exec->invocation->options.out && look.json < 0))
		return error_os(errno, "cannot make memory for the report");
	const int outputs[] = { look.text, look.json >= 0 ? look.json : look.text };
	TRY(error_wrap(exec_work(exec, look_work, &looking, outputs, 2),
		       "what has leaked is not known"));
	*ret = look;
	look = EXEC_LOOK_NONE;
	return NULL;
}

void exec_look_deinit(struct exec_look *look)
{
	close_descriptor(&look->text);
	close_descriptor(&look->json);
	*look = EXEC_LOOK_NONE;
}
