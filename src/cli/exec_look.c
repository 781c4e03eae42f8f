/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "cli/exec_judge.h"
#include "cli/look.h"
#include "cli/source_shown.h"
#include "cli/telling.h"
#include "fix/fix.h"
#include "leak/ignored.h"
#include "report/diagnosis.h"
#include "report/tests_report.h"
#include "runtime/watch_owners.h"
#include "target/traced.h"

#define MEMORY_FLAGS MFD_CLOEXEC
#define PAUSE_NS     300000000u /* between two tries */
#define TRIES        5

/* What a worker looks at, and where it writes to. */
struct looking {
	struct exec *exec;
	enum exec_moment moment;
	const struct exec_look *look;
	struct exec_rounds *rounds;
};

struct watch_owners exec_owners(const struct exec *exec)
{
	/* The program may write meanwhile: what is checked is a copy. */
	uint64_t count = __atomic_load_n(&exec->header->count, __ATOMIC_RELAXED);
	const struct watch_owners owners = {
		.slots = (const struct watch_slot *)(exec->area + WATCH_CODE_SIZE + WATCH_PAGE),
		.count = MIN(count, WATCH_SLOTS),
		.address = exec->address + WATCH_CODE_SIZE + WATCH_PAGE,
		.ending = exec->header->ending,
	};
	return owners;
}

/* Whose tests they are: NULL of another program, or unknown. Lives as long as dowse. */
static const char *package_of(const struct exec *exec)
{
	return exec->told->plan.tests && exec->told->program[0] ? exec->told->program : NULL;
}

/* Where what it is about is made, if that is the only place. */
static const char *maker_of(const struct finding *finding)
{
	static const char *const words[] = { "filled by", "may be filled by", "made by" };
	for (size_t i = 0; finding->place_word && i < ARRAY_SIZE(words); i++) {
		if (strcmp(finding->place_word, words[i]) == 0)
			return finding->place.function;
	}
	return NULL;
}

/* Whom each finding is about: by its example, or else by where it is made. */
static struct error *name_tests(const struct watch_owners *owners, const char *package,
				struct findings *findings)
{
	for (size_t i = 0; i < findings->list.count; i++) {
		struct finding *finding = &findings->list.items[i];
		finding->package = package;
		if (!finding->example && package)
			TRY(exec_test_of(owners, maker_of(finding), &findings->arena,
					 &finding->test));
		if (finding->example)
			TRY(watch_owner_name(owners, finding->example->owner, &findings->arena,
					     &finding->test));
	}
	return NULL;
}

static bool is_growth(enum rule_id rule)
{
	return rule == RULE_GROWING_GLOBAL || rule == RULE_MAP_WITHOUT_LIMIT ||
	       rule == RULE_GROWING_SYNC_MAP || rule == RULE_FILE_NOT_CLOSED ||
	       rule == RULE_STREAM_NOT_CLOSED;
}

/*
 * What a short life says nothing about: how much memory something holds, or how fast it grows. Only
 * where the tests were run several times over is that known.
 */
static void keep_of_tests(struct findings *findings, bool rounds)
{
	size_t kept = 0;
	for (size_t i = 0; i < findings->list.count; i++) {
		const struct finding *finding = &findings->list.items[i];
		if (finding->example || (rounds && is_growth(finding->rule)))
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

/*
 * Where one look is enough to fail: a look meanwhile may find what is about to end, and no more than
 * what can never end is held against the program then.
 */
static bool fails(const struct looking *looking, const struct findings *findings)
{
	const struct exec *exec = looking->exec;
	enum certainty fail_on;
	if (!telling_fails_on(&exec->invocation->options, &fail_on))
		return false;
	if (looking->moment == EXEC_MEANWHILE && exec->told->plan.tests)
		fail_on = CERTAINTY_PROVED;
	for (size_t i = 0; i < findings->list.count; i++) {
		if (findings->list.items[i].certainty >= fail_on)
			return true;
	}
	return false;
}

/* Leave out what is not to be told; and tell what is left, beside what was not left out on purpose. */
static struct error *select_and_gather(const struct looking *looking,
				       const struct watch_owners *owners, struct live_look *live,
				       struct telling *telling, struct diagnosis *diagnosis)
{
	const struct exec *exec = looking->exec;
	const struct options *options = &exec->invocation->options;
	const struct ignored ignored = exec_ignored(options);
	struct findings *findings = &live->findings;
	_cleanup_(finding_vector_deinit) struct finding_vector spoken = { 0 };
	/* Of tests, what is worth a look is told to who asks for that alone. */
	if (exec->told->plan.tests && strcmp(options->fail_on, "suspect") != 0)
		telling->at_least = CERTAINTY_LIKELY;
	findings_select(findings, telling->rules, telling->at_least);
	for (size_t i = 0; i < findings->list.count; i++)
		TRY(finding_vector_append(&spoken, &findings->list.items[i]));
	diagnosis->suppressed = ignored_drop(&ignored, findings);
	TRY(telling_leave_out(telling, options, findings, NULL, diagnosis));
	if (!exec_wants_left(exec, looking->moment))
		return NULL;
	if (diagnosis->counters && diagnosis->counters->processors == 1) {
		looking->exec->told->one_processor = true;
		return NULL;
	}
	const struct findings told = { .list = spoken };
	return exec_left(exec, owners, live, &told, diagnosis);
}

/* Those whose test is over are judged by that; but which are, is known at the end alone. */
static void forget_ends(struct goroutines *goroutines)
{
	for (size_t i = 0; i < goroutines->list.count; i++)
		goroutines->list.items[i].owner_ended = false;
}

static struct error *judge(const struct looking *looking, struct evidence *evidence,
			   struct look *look)
{
	struct exec *exec = looking->exec;
	const struct watch_owners owners = exec_owners(exec);
	const struct live_past *rounds = looking->rounds->past.rounds ? &looking->rounds->past
								      : NULL;
	_cleanup_(source_shown_deinit) struct source_shown source = { 0 };
	_cleanup_(telling_deinit) struct telling telling = { 0 };
	TRY(telling_read(&exec->invocation->options, &telling));
	TRY(watch_owners_tell(&owners, look->live.evidence.goroutines));
	if (looking->moment == EXEC_MEANWHILE)
		forget_ends(look->live.evidence.goroutines);
	look->live.evidence.rounds = rounds;
	TRY(look_judge(look, NULL));
	struct findings *findings = &look->live.findings;
	if (exec->told->plan.tests && !look->heap && !exec->invocation->options.given[OPTION_NO_STOP])
		exec_warn("not all that has leaked is known",
			  "the heap could not be looked at; with --max-memory it may take more");
	if (exec->told->plan.tests) {
		keep_of_tests(findings, rounds != NULL);
		sort_by_test(findings);
	}
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
		.all = exec->invocation->options.given[OPTION_ALL],
		.folder = getenv("PWD"),
		.main_module = runtime_binary(evidence->runtime)->build_info.main.path,
		.package = package_of(exec),
		.main_package = runtime_binary(evidence->runtime)->build_info.path,
		.built_before_ns = source_built_before(&evidence->subject, -1),
		.looks = 1,
		.between_ns = -1,
	};
	TRY(select_and_gather(looking, &owners, &look->live, &telling, &diagnosis));
	TRY(source_show(&exec->invocation->options, &diagnosis, findings, &source));
	exec->told->fails |= fails(looking, findings) || diagnosis.left_count;
	if (findings->list.count || diagnosis.left_count || !exec->told->plan.tests)
		TRY(write_text(looking, &diagnosis));
	return write_json(looking, &diagnosis);
}

/* At its end it has all the time that a busy machine may need to stop it. */
static struct error *take(const struct looking *looking, struct evidence *evidence,
			  struct look *ret)
{
	for (unsigned tries = 1;; tries++) {
		struct error *error = look_take(looking->exec->invocation, evidence, ret);
		if (!error || tries == TRIES || error->code != ERROR_OTHER ||
		    looking->moment != EXEC_AT_EXIT)
			return error;
		error_destroy(error);
		look_deinit(ret);
		*ret = (struct look){ 0 };
		traced_sleep_ns(PAUSE_NS);
	}
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
		bool anybody = exec_anybody_left(exec, looking->moment, &evidence);
		if (looking->moment == EXEC_AT_EXIT)
			TRY(exec_rounds_read(exec, looking->rounds));
		evidence.small_holders = looking->rounds->past.rounds != NULL;
		if (!anybody && !evidence.small_holders)
			return write_nothing(looking, &evidence);
	}
	TRY(take(looking, &evidence, &look));
	return judge(looking, &evidence, &look);
}

static int look_work(void *argument)
{
	const struct looking *looking = argument;
	return exec_work_status(looking->exec, look_now(looking));
}

struct error *exec_memory_open(int *ret)
{
	*ret = (int)syscall(SYS_memfd_create, "dowse-report", MEMORY_FLAGS);
	return *ret < 0 ? error_os(errno, "cannot make memory for the report") : NULL;
}

struct error *exec_look(struct exec *exec, enum exec_moment moment, struct exec_look *ret)
{
	_cleanup_(exec_look_deinit) struct exec_look look = EXEC_LOOK_NONE;
	_cleanup_(exec_rounds_forget) struct exec_rounds rounds = { 0 };
	struct looking looking = {
		.exec = exec,
		.moment = moment,
		.look = &look,
		.rounds = &rounds,
	};
	TRY(exec_memory_open(&look.text));
	if (exec->invocation->options.out)
		TRY(exec_memory_open(&look.json));
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
