/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_OPTIONS_H
#define DOWSE_CLI_OPTIONS_H

#include "base/error.h"

/*
 * Every option of every verb: OPTION(id, name, argument or NULL, help). Each means the same
 * wherever it is taken, and is listed here only once it works.
 */
#define OPTIONS(OPTION)                                                                            \
	OPTION(HELP, "--help", NULL, "show this help")                                             \
	OPTION(VERSION, "--version", NULL, "show the version")                                     \
	OPTION(OUTPUT, "-o", "FILE", "write to FILE, which appears whole or not at all")           \
	OPTION(FORMAT, "--format", "FORMAT", "")                                                   \
	OPTION(REQUIRE_SANDBOX, "--require-sandbox", NULL,                                         \
	       "refuse to read anything where dowse cannot confine itself")                        \
	OPTION(NO_STOP, "--no-stop", NULL,                                                         \
	       "never stop the process; what is read meanwhile may be torn")                       \
	OPTION(MAX_PAUSE, "--max-pause", "TIME",                                                   \
	       "do not look where that would stop the process for longer: 5ms, 1s")                \
	OPTION(EXECUTABLE, "--exe", "FILE",                                                        \
	       "the executable: of a core whose own is not found, of a profile of addresses")      \
	OPTION(SPOOL, "--spool", "DIR",                                                            \
	       "where files without a name go: an unpacked core, what -o - still has to send")     \
	OPTION(SAVE, "--save", "FILE", "keep the moment that was looked at in FILE, a snapshot")   \
	OPTION(NO_INDEX, "--no-index", NULL,                                                       \
	       "of a snapshot: neither read nor write the index beside it")                        \
	OPTION(WITH_DATA, "--with-data", NULL,                                                     \
	       "objects without pointers, too: the bytes of strings and slices")                   \
	OPTION(ELF_CORE, "--elf-core", NULL, "an ELF core for gdb and Delve, not a snapshot")      \
	OPTION(FREEZE, "--freeze", NULL,                                                           \
	       "no fork: keep the process stopped while all of it is read")                        \
	OPTION(MAX_MEMORY, "--max-memory", "SIZE",                                                 \
	       "copy at most so much where no fork is possible, or take for a heap: 2G")           \
	OPTION(ALL, "--all", NULL, "each one instead of groups, and nothing cut")                  \
	OPTION(STATE, "--state", "TEXT", "only those whose state contains TEXT: 'chan receive'")   \
	OPTION(FUNCTION, "--function", "TEXT",                                                     \
	       "only those with TEXT in a function of their stack, or their creator's")            \
	OPTION(MIN_WAIT, "--min-wait", "TIME", "only those that wait for so long: 90s, 2m, 1h30m") \
	OPTION(DUMP, "--dump", "N", "of a text with several dumps: that one")                      \
	OPTION(SYSTEM, "--system", NULL, "the runtime's own goroutines too")                       \
	OPTION(MODULES, "--modules", NULL, "every module that the program was built from")         \
	OPTION(MEASURE, "--measure", NULL, "stop and fork the process once, and print the pauses") \
	OPTION(LIMIT, "--limit", "N", "show at most N")                                            \
	OPTION(LIMIT_SHORT, "-n", "N", "the same")                                                 \
	OPTION(TYPE, "--type", "TYPE", "of this type, as `dowse heap` calls it")                   \
	OPTION(WHERE, "--where", "CONDITION", "only those for which it holds: 'len(buf) > 4096'")  \
	OPTION(SORT, "--sort", "ORDER", "retained (the default), bytes or address")                \
	OPTION(DATA, "--data", NULL, "also what strings, bytes and arrays contain")                \
	OPTION(DUPLICATES, "--duplicates", NULL, "strings and slices that contain the same")       \
	OPTION(BY, "--by", "WHAT", "")                                                             \
	OPTION(OVER, "--over", "TIME", "look twice, so long apart, and tell what grew: 30s, 5m")   \
	OPTION(AGAINST, "--against", "FILE",                                                       \
	       "compare with an earlier moment of the process: a snapshot, a core")                \
	OPTION(RULES, "--rules", "LIST", "only these rules, by name or code: L6,nil-channel")      \
	OPTION(MIN_CERTAINTY, "--min-certainty", "LEVEL",                                          \
	       "only findings at or above proved, likely or suspect (the default)")                \
	OPTION(SUPPRESS, "--suppress", "FILE",                                                     \
	       "leave out what its lines say: 'L17 main.(*Pool).* -- 64 by design'")               \
	OPTION(BASELINE, "--baseline", "FILE",                                                     \
	       "only what is new since that report (--format json or sarif)")                      \
	OPTION(SOURCE, "--source", "DIR",                                                          \
	       "where source lies of what was built elsewhere; may be repeated")                   \
	OPTION(HEADER, "--header", "FIELD",                                                        \
	       "to whom a URL names: 'Name: value', or @FILE of such; may be repeated")            \
	OPTION(TOKEN_FILE, "--token-file", "FILE",                                                 \
	       "to whom a URL names: the token in FILE, as a bearer's")                            \
	OPTION(CACERT, "--cacert", "FILE", "of https://: the certificates to trust")               \
	OPTION(INSECURE, "--insecure", NULL, "of https://: whoever answers, unverified")           \
	OPTION(TIMEOUT, "--timeout", "TIME",                                                       \
	       "of a URL: how long nothing may be heard (30s), beyond ?seconds=")                  \
	OPTION(FAIL_ON, "--fail-on", "LEVEL",                                                      \
	       "status 3 at or above proved, likely (the default), suspect; or never")             \
	OPTION(OUT, "--out", "DIR", "also write what was found into DIR, one JSON file a process") \
	OPTION(EVERY, "--every", "TIME", "look at it every so often while it runs, too: 30s, 5m")  \
	OPTION(IF_POSSIBLE, "--if-possible", NULL,                                                 \
	       "where nothing can be looked at let it run all the same, with a warning")           \
	OPTION(IGNORE_TOP, "--ignore-top", "FUNC",                                                 \
	       "leave out goroutines that stand in that function; * stands for anything")          \
	OPTION(IGNORE_ANY, "--ignore-any", "FUNC",                                                 \
	       "leave out goroutines with that function anywhere in their stack")                  \
	OPTION(VALUE, "--value", "NAME",                                                           \
	       "of a profile with several values: that one (alloc_space)")                         \
	OPTION(FOCUS, "--focus", "REGEX", "only stacks with a function or file that matches")      \
	OPTION(IGNORE, "--ignore", "REGEX", "no stacks with a function or file that matches")      \
	OPTION(SHOW, "--show", "REGEX", "of stacks only the functions that match")                 \
	OPTION(HIDE, "--hide", "REGEX", "stacks without the functions that match")                 \
	OPTION(TAG_FOCUS, "--tagfocus", "TAG",                                                     \
	       "only samples with such a label: user=anna, bytes=4kb:64kb")                        \
	OPTION(TAG_IGNORE, "--tagignore", "TAG", "no samples with such a label")                   \
	OPTION(PEEK, "--peek", "REGEX", "functions that match, with their callers and callees")

enum option_id {
#define OPTION(id, name, argument, help) OPTION_##id,
	OPTIONS(OPTION)
#undef OPTION
		OPTION_END,
};

/* An option that can be given several times. */
#define OPTION_LIST_MAX 64

struct option_list {
	const char *items[OPTION_LIST_MAX];
	size_t count;
};

/* What was asked for; what was not has the value of OPTIONS_NONE. */
struct options {
	bool given[OPTION_END];
	const char *output;     /* NULL: standard output */
	const char *format;     /* NULL: the verb's first */
	const char *executable; /* NULL: look for it */
	const char *spool;      /* NULL: where temporary files go */
	const char *state;
	const char *function;
	const char *save;     /* NULL: nothing is kept */
	uint64_t max_memory;  /* bytes; 0: no limit */
	const char *against;  /* NULL: no earlier moment */
	const char *suppress; /* NULL: nothing is left out */
	const char *baseline; /* NULL: all is new */
	int64_t over_ns;      /* 0: one look */
	int64_t min_wait_ns;  /* -1: any */
	int64_t max_pause_ns; /* 0: no limit */
	uint64_t limit;       /* UINT64_MAX: none */
	uint64_t dump;        /* 0: not said */
	const char *by;       /* NULL: the verb's first */
	const char *type;     /* NULL: not said */
	const char *where;    /* NULL: all */
	const char *sort;     /* NULL: the verb's default */
	const char *rules;    /* as written; the verb knows the catalogue */
	const char *min_certainty;
	const char *fail_on;
	const char *out;  /* NULL: nowhere */
	int64_t every_ns; /* 0: at its end */
	struct option_list sources;
	struct option_list headers;
	const char *token_file; /* NULL: none */
	const char *cacert;     /* NULL: those of the system */
	int64_t timeout_ns;
	struct option_list ignore_top;
	struct option_list ignore_any;
	const char *value; /* NULL: what a profile shows by itself */
	const char *focus, *ignore, *show, *hide, *tag_focus, *tag_ignore, *peek; /* NULL: none */
};

#define OPTIONS_NONE                                                                               \
	((struct options){                                                                         \
		.min_wait_ns = -1,                                                                 \
		.limit = UINT64_MAX,                                                               \
		.min_certainty = "suspect",                                                        \
		.fail_on = "likely",                                                               \
		.timeout_ns = 30 * (int64_t)1000000000,                                            \
	})

/* The option of a word as typed ("--format", "--format=json", "-o"), OPTION_END when unknown. */
enum option_id options_find(const char *word);

const char *options_name(enum option_id id);
const char *options_argument(enum option_id id); /* NULL: takes none */
const char *options_help(enum option_id id);

/* A verb behind whose first operand nothing is an option of dowse's. */
#define OPTIONS_VERB_OF_PROGRAM "exec"

/*
 * Take the command line apart: options anywhere, `--` ends them, and so does the program of
 * `dowse exec PROGRAM`. Words that are no options are
 * left in `words` in their order, *ret_words of them; strings are borrowed from the arguments.
 * Wrong use is ERROR_USAGE.
 */
struct error *options_parse(int count, char *const *arguments, struct options *ret,
			    const char **ret_words, size_t *ret_word_count) must_use;

/* 90s, 2m, 1h30m, 500ms into nanoseconds. */
struct error *options_parse_duration(const char *text, int64_t *ret) must_use;

#endif
