/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "source/declared.h"
#include "source/excerpt.h"

static const char cart[] = "package shop\n"                             /* 1 */
			   "\n"                                         /* 2 */
			   "var ready = func() bool {\n"                /* 3 */
			   "\treturn <-forever\n"                       /* 4 */
			   "}\n"                                        /* 5 */
			   "\n"                                         /* 6 */
			   "// Watch waits.\n"                          /* 7 */
			   "func (c *Cart) watch() {\n"                 /* 8 */
			   "\tgo func() {\n"                            /* 9 */
			   "\t\t// for ever\n"                          /* 10 */
			   "\t\tfor range c.updates {\n"                /* 11 */
			   "\t\t}\n"                                    /* 12 */
			   "\t}()\n"                                    /* 13 */
			   "}\n"                                        /* 14 */
			   "\n"                                         /* 15 */
			   "type after struct{}\n"                      /* 16 */
			   "\n"                                         /* 17 */
			   "func Map[T any](list []T, f func(T)) {\r\n" /* 18 */
			   "\tf(list[0])\r\n"                           /* 19 */
			   "}\n"                                        /* 20 */
			   "func (p Pair[K, V]) swap() { <-p.done }";   /* 21 */

static struct source_lines lines_of(const char *text)
{
	struct file_bytes bytes = { .bytes = (uint8_t *)strdup(text), .size = strlen(text) };
	struct source_lines lines;
	assert_non_null(bytes.bytes);
	check_ok(source_lines_of(&bytes, &lines));
	return lines;
}

static void test_lines(void **state)
{
	struct source_lines lines = lines_of(cart);
	(void)state;
	assert_int_equal(lines.count, 21);
	assert_int_equal(source_line(&lines, 1).length, strlen("package shop"));
	assert_memory_equal(source_line(&lines, 19).bytes, "\tf(list[0])", 11);
	assert_int_equal(source_line(&lines, 19).length, 11);
	assert_int_equal(source_line(&lines, 21).length, 39);
	assert_int_equal(source_line(&lines, 2).length, 0);
	assert_int_equal(source_line(&lines, 0).length, 0);
	assert_int_equal(source_line(&lines, 22).length, 0);
	source_lines_deinit(&lines);
}

static void test_declared(void **state)
{
	static const struct {
		const char *function;
		size_t line;
		enum declared declared;
	} cases[] = {
		{ "example.com/shop.(*Cart).watch", 9, DECLARED_AROUND },
		{ "example.com/shop.(*Cart).watch.func1", 11, DECLARED_AROUND },
		{ "example.com/shop.(*Cart).watch.func1", 12, DECLARED_AROUND },
		{ "example.com/shop.Start.(*Cart).watch.func1", 11, DECLARED_AROUND },
		{ "example.com/shop.Cart.watch-fm", 9, DECLARED_AROUND },
		{ "example.com/shop.Map[...]", 19, DECLARED_AROUND },
		{ "example.com/shop.Map[go.shape.struct { a/b.F int }].func1", 19,
		  DECLARED_AROUND },
		{ "example.com/shop.Pair[...].swap", 21, DECLARED_AROUND },
		{ "example.com/shop.init.func1", 4, DECLARED_PERHAPS },
		{ "example.com/shop.glob..func1", 4, DECLARED_PERHAPS },
		{ "example.com/shop.(*Cart).watch", 16, DECLARED_PERHAPS },

		{ "example.com/shop.(*Cart).watch.func1", 10, DECLARED_NOT },
		{ "example.com/shop.(*Cart).watch.func1", 15, DECLARED_NOT },
		{ "example.com/shop.(*Cart).watch.func1", 19, DECLARED_NOT },
		{ "example.com/shop.(*Cart).watch.func1", 4, DECLARED_NOT },
		{ "example.com/shop.(*Cart).watch", 500, DECLARED_NOT },
		{ "example.com/shop.(*Cart).watch", 0, DECLARED_NOT },
		{ "example.com/shop.(*Shelf).watch", 9, DECLARED_NOT },
		{ "example.com/shop.(*Cart).watched", 9, DECLARED_NOT },
		{ "example.com/shop.Mapped", 19, DECLARED_NOT },
		{ "main.(*Cart).watch", 9, DECLARED_NOT },
		{ "watch", 9, DECLARED_NOT },
		{ "", 9, DECLARED_NOT },
	};
	struct source_lines lines = lines_of(cart);
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum declared declared = declared_at(&lines, cases[i].line, cases[i].function);
		if (declared != cases[i].declared)
			fail_msg("%s at %zu: %d", cases[i].function, cases[i].line, declared);
	}
	source_lines_deinit(&lines);
}

static void test_package(void **state)
{
	char package[32];
	(void)state;
	assert_true(declared_package("example.com/shop.(*Cart).watch", package, sizeof(package)));
	assert_string_equal(package, "example.com/shop");
	assert_true(declared_package("main.Map[a/b.T]", package, sizeof(package)));
	assert_string_equal(package, "main");
	assert_true(declared_package("gopkg.in/yaml%2ev3.Load", package, sizeof(package)));
	assert_string_equal(package, "gopkg.in/yaml.v3");
	assert_false(declared_package("watch", package, sizeof(package)));
	assert_false(declared_package("a%00b.c", package, sizeof(package)));
	assert_false(declared_package("example.com/much/too/long/to/be/in.held", package,
				      sizeof(package)));
}

static void check_candidates(const struct source_roots *roots, const char *function,
			     const char *file, const char *const *expected)
{
	struct arena arena = { 0 };
	struct source_candidates found;
	check_ok(source_candidates(roots, function, file, &arena, &found));
	size_t i = 0;
	for (; expected[i]; i++) {
		if (i >= found.count)
			fail_msg("%s: no %s", file, expected[i]);
		assert_string_equal(found.paths[i], expected[i]);
	}
	if (i < found.count)
		fail_msg("%s: %s as well", file, found.paths[i]);
	arena_deinit(&arena);
}

#define CANDIDATES(function, file, ...)                                                            \
	check_candidates(&roots, function, file, (const char *const[]){ __VA_ARGS__, NULL })

static void test_candidates(void **state)
{
	static const char *const folders[] = { "/src", "lib/" };
	const struct source_roots roots = {
		.folders = folders,
		.folder_count = 2,
		.folder = "/here",
		.main_module = "example.com/shop",
		.main_package = "example.com/shop/cmd/shopd",
		.library = "/usr/local/go",
		.modules = "/cache/mod",
	};
	(void)state;
	CANDIDATES("main.run", "/build/cmd/shopd/run.go", "/src/cmd/shopd/run.go",
		   "lib/cmd/shopd/run.go", "/build/cmd/shopd/run.go", "/src/build/cmd/shopd/run.go",
		   "lib/build/cmd/shopd/run.go", "/src/cmd/shopd/run.go", "lib/cmd/shopd/run.go",
		   "/src/shopd/run.go", "lib/shopd/run.go");
	CANDIDATES("example.com/shop_test.TestX.func1", "/b/x_test.go", "/src/x_test.go",
		   "lib/x_test.go", "/b/x_test.go", "/src/b/x_test.go", "lib/b/x_test.go");
	CANDIDATES("example.com/shop.F", "example.com/shop/f.go", "/src/f.go", "lib/f.go",
		   "/here/f.go", "/src/f.go", "lib/f.go", "/src/vendor/example.com/shop/f.go",
		   "lib/vendor/example.com/shop/f.go", "/src/example.com/shop/f.go",
		   "lib/example.com/shop/f.go", "/src/shop/f.go", "lib/shop/f.go");
	CANDIDATES("github.com/Azure/x.F", "github.com/Azure/x@v1.2.3-RC/f.go",
		   "/cache/mod/github.com/!azure/x@v1.2.3-!r!c/f.go",
		   "/src/vendor/github.com/Azure/x/f.go", "lib/vendor/github.com/Azure/x/f.go",
		   "/src/github.com/Azure/x/f.go", "lib/github.com/Azure/x/f.go",
		   "/src/Azure/x/f.go", "lib/Azure/x/f.go", "/src/x/f.go", "lib/x/f.go");
	CANDIDATES("net/http.F", "net/http/server.go", "/usr/local/go/src/net/http/server.go",
		   "/src/vendor/net/http/server.go", "lib/vendor/net/http/server.go",
		   "/src/net/http/server.go", "lib/net/http/server.go", "/src/http/server.go",
		   "lib/http/server.go");
}

/* A stranger's names lead nowhere but where source may lie. */
static void test_hostile_candidates(void **state)
{
	static const char *const folders[] = { "/src" };
	const struct source_roots roots = { .folders = folders,
					    .folder_count = 1,
					    .folder = "/here",
					    .main_module = "m",
					    .modules = "/cache",
					    .library = "/go" };
	(void)state;
	CANDIDATES("m/../../etc.F", "m/../../etc/x.go", "/src/etc/x.go");
	CANDIDATES("a.F", "x@v1/../../../etc/x.go", "/src/etc/x.go");
	CANDIDATES("a.F", "/etc/passwd", NULL);
	CANDIDATES("a.F", ".go", NULL);
	CANDIDATES("a.F", "", NULL);
	static char deep[PATH_MAX * 2];
	memset(deep, '/', sizeof(deep) - 5);
	memcpy(deep + sizeof(deep) - 5, "x.go", 5);
	struct arena arena = { 0 };
	struct source_candidates found;
	check_ok(source_candidates(&roots, "a.F", deep, &arena, &found));
	assert_true(found.count <= CANDIDATES_MAX);
	arena_deinit(&arena);
}

struct room {
	char folder[64];
	char file[96];
};

static struct room room_make(const char *text, int64_t changed_s)
{
	struct room room = { .folder = "/tmp/dowse-source-XXXXXX" };
	assert_non_null(mkdtemp(room.folder));
	snprintf(room.file, sizeof(room.file), "%s/cart.go", room.folder);
	int file = open(room.file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
	const struct timespec times[2] = { { .tv_sec = changed_s }, { .tv_sec = changed_s } };
	assert_int_equal(futimens(file, times), 0);
	close(file);
	return room;
}

static void room_empty(const struct room *room)
{
	unlink(room->file);
	rmdir(room->folder);
}

#define SECOND INT64_C(1000000000)

static void check_state(const char *file, int32_t line, int64_t built_s, const char *expected)
{
	const struct source_roots roots = { 0 };
	struct excerpts *excerpts;
	const struct excerpt *excerpt;
	check_ok(excerpts_create(&roots, built_s * SECOND, &excerpts));
	check_ok(excerpts_find(excerpts, "example.com/shop.(*Cart).watch.func1", file, line,
			       &excerpt));
	if (!expected)
		assert_null(excerpt);
	else
		assert_string_equal(excerpt_state_name(excerpt->state), expected);
	if (excerpt)
		assert_int_equal(excerpt->count > 0, excerpt->state != EXCERPT_CHANGED);
	excerpts_destroy(excerpts);
}

static void test_excerpt(void **state)
{
	const struct source_roots roots = { 0 };
	const struct room room = room_make(cart, 1000);
	struct excerpts *excerpts;
	const struct excerpt *excerpt;
	(void)state;
	check_ok(excerpts_create(&roots, 2000 * SECOND, &excerpts));
	check_ok(excerpts_find(excerpts, "example.com/shop.(*Cart).watch.func1", room.file, 11,
			       &excerpt));
	assert_non_null(excerpt);
	assert_string_equal(excerpt->file, room.file);
	assert_int_equal(excerpt->first, 9);
	assert_int_equal(excerpt->count, 5);
	assert_string_equal(excerpt->lines[2], "\t\tfor range c.updates {");
	check_ok(excerpts_find(excerpts, "example.com/shop.Pair[...].swap", room.file, 21,
			       &excerpt));
	assert_non_null(excerpt);
	assert_int_equal(excerpt->count, 3);
	excerpts_destroy(excerpts);
	room_empty(&room);
}

static void test_changed(void **state)
{
	const struct room room = room_make(cart, 1000);
	(void)state;
	check_state(room.file, 11, 1000, "same");
	check_state(room.file, 11, 999, "unsure");
	check_state(room.file, 11, 0, "unsure");
	check_state(room.file, 19, 2000, "changed");
	check_state(room.file, 99, 2000, "changed");
	/* What ends before the line may be a string's line, in a file that has not changed. */
	check_state(room.file, 16, 2000, "same");
	check_state(room.file, 16, 999, "changed");
	check_state(room.file, 0, 2000, NULL);
	check_state("/tmp/there/is/no/such/file.go", 11, 2000, NULL);
	room_empty(&room);
}

/* Neither is a folder, a pipe or a device read, nor waited for; nor what is no text. */
static void test_no_files(void **state)
{
	struct room room = room_make("", 1000);
	(void)state;
	check_state(room.file, 11, 2000, NULL);
	unlink(room.file);
	assert_int_equal(mkfifo(room.file, 0600), 0);
	check_state(room.file, 11, 2000, NULL);
	unlink(room.file);
	assert_int_equal(mkdir(room.file, 0700), 0);
	check_state(room.file, 11, 2000, NULL);
	rmdir(room.file);
	assert_int_equal(symlink("/dev/zero", room.file), 0);
	check_state(room.file, 11, 2000, NULL);
	room_empty(&room);
	struct file_bytes zeroes = { .bytes = calloc(1, 4), .size = 4 };
	struct source_lines lines;
	check_error(source_lines_of(&zeroes, &lines), ERROR_UNSUPPORTED, "no Go source");
}

static void test_limits(void **state)
{
	const struct source_roots roots = { 0 };
	const struct room room = room_make(cart, 1000);
	struct excerpts *excerpts;
	const struct excerpt *excerpt;
	size_t found = 0;
	(void)state;
	check_ok(excerpts_create(&roots, 2000 * SECOND, &excerpts));
	for (int i = 0; i < 100000; i++) {
		check_ok(excerpts_find(excerpts, "example.com/shop.(*Cart).watch", room.file, 9,
				       &excerpt));
		found += excerpt != NULL;
	}
	assert_in_range(found, 100, 10000);
	excerpts_destroy(excerpts);
	room_empty(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),   cmocka_unit_test(test_declared),
		cmocka_unit_test(test_package), cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_excerpt), cmocka_unit_test(test_hostile_candidates),
		cmocka_unit_test(test_changed), cmocka_unit_test(test_no_files),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
