"""The rules of the house find what they are there to find: a small tree without a fault passes
each of them, and the same tree with one fault seeded is told of, with its file and line."""

import os
import shutil
import tempfile
import unittest

import house

CLEAN = {
    "meson.build": "project('x', 'c', default_options: ['werror=true'])\nf = ['-Wvla']\n",
    "src/meson.build": "ban_arguments = ['-include', 'base/banned.h']\n",
    "src/base/meson.build": "library_sources += files(\n  'error.c',\n)\n",
    "src/base/banned.h": "#pragma GCC poison %s\n"
    % " ".join(name for name in house.BANNED if not name.startswith("__")),
    "src/base/error.h": "#ifndef E\n#define E\nstruct error;\nvoid error_destroy(struct error *e);\n#endif\n",
    "src/base/error.c": '#include "base/error.h"\n\nvoid error_destroy(struct error *e)\n{\n\t(void)e;\n}\n',
    "src/target/meson.build": "library_sources += files('target.c')\n",
    "src/target/target.c": '#include "base/error.h"\n\nint target_open(int a,\n\t\tint b)\n{\n\treturn a + b;\n}\n',
    "src/binary/meson.build": "library_sources += files()\n",
    "src/model/meson.build": "library_sources += files()\n",
    "src/model/frame.h": "#ifndef F\n#define F\nstruct frame { int line; };\n#endif\n",
    "src/runtime/meson.build": "library_sources += files('unwind.c', 'machine_' + machine + '.c')\n",
    "src/runtime/unwind.c": '#include "model/frame.h"\n#include "base/error.h"\n\nstruct frame *frame_next(void)\n{\n\treturn 0;\n}\n',
    "src/runtime/machine_amd64.c": "int machine_word(void)\n{\n\treturn 8;\n}\n",
    "src/leak/meson.build": "subdir('live')\n",
    "src/leak/finding.h": "#ifndef G\n#define G\nstruct finding { int count; };\n#endif\n",
    "src/leak/live/meson.build": "library_sources += files('nil.c')\n",
    "src/leak/live/nil.c": '#include "leak/finding.h"\n#include "model/frame.h"\n',
    "include/dowse.h": "#ifndef D\n#define D\nint dowse(void);\n#endif\n",
    "docs/architecture.md": "| `src/base` | `src/model` `src/target` `src/binary` `src/runtime` `src/leak`\n",
}


class HouseTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        for path, text in CLEAN.items():
            self.write(path, text)

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def append(self, path, text):
        with open(os.path.join(self.root, path), "a", encoding="utf-8") as file:
            file.write(text)

    def assert_told(self, rule, *words):
        """Exactly one complaint, and it has all of these words."""
        complaints = list(rule(self.root))
        self.assertEqual(len(complaints), 1, complaints)
        for word in words:
            self.assertIn(word, complaints[0])


class CleanTree(HouseTest):
    def test_passes_every_rule(self):
        for rule in house.RULES:
            with self.subTest(rule.__name__):
                self.assertEqual(list(rule(self.root)), [])


class IncludeDirection(HouseTest):
    def test_upward(self):
        self.append("src/target/target.c", '#include "runtime/unwind.h"\n')
        self.write("src/runtime/unwind.h", "")
        self.assert_told(house.include_direction, "src/target/target.c:8", "runtime/unwind.h")

    def test_sideways(self):
        self.append("src/target/target.c", '# include "model/frame.h"\n')
        self.assert_told(house.include_direction, "src/target/target.c:8", "model/frame.h")

    def test_in_a_comment_is_none(self):
        self.append("src/target/target.c", '/*\n#include "runtime/unwind.h"\n*/\n')
        self.assertEqual(list(house.include_direction(self.root)), [])

    def test_downward_through_others(self):
        self.append("src/leak/live/nil.c", '#include "base/error.h"\n')
        self.assertEqual(list(house.include_direction(self.root)), [])

    def test_unknown_file(self):
        self.append("src/target/target.c", '#include "error.h"\n')
        self.assert_told(house.include_direction, "src/target/target.c:8", "not a path from src")

    def test_unknown_folder(self):
        self.write("src/helpers/meson.build", "")
        self.assert_told(house.include_direction, "src/helpers")

    def test_file_outside_of_the_folders(self):
        self.write("src/misc.c", "")
        self.assert_told(house.include_direction, "src/misc.c")

    def test_detectors_of_one_kind_see_no_other_evidence(self):
        self.write("src/leak/source/loop.c", '#include "runtime/unwind.h"\n')
        self.write("src/runtime/unwind.h", "")
        self.assert_told(house.include_direction, "src/leak/source/loop.c:1")

    def test_detectors_do_not_see_each_other(self):
        self.write("src/leak/live/nil.h", "")
        self.write("src/leak/dump/old.c", '#include "leak/live/nil.h"\n')
        self.assert_told(house.include_direction, "src/leak/dump/old.c:1", "live")

    def test_public_header(self):
        self.append("include/dowse.h", '#include "base/error.h"\n')
        self.assert_told(house.include_direction, "include/dowse.h:5")

    def test_the_table_has_no_cycle(self):
        for folder, below in house.MAY_INCLUDE.items():
            for other in below:
                self.assertNotIn(folder, house.reachable(other))


class Bans(HouseTest):
    def test_each_name(self):
        for name in house.BANNED:
            with self.subTest(name):
                self.write("src/base/error.c", "void f(void)\n{\n\t%s(0);\n}\n" % name)
                self.assert_told(house.bans, "src/base/error.c:3", name)

    def test_as_a_pointer(self):
        self.append("src/base/error.c", "int (*parse)(const char *) = atoi;\n")
        self.assert_told(house.bans, "src/base/error.c:7", "atoi")

    def test_in_tests_too(self):
        self.write("test/base/x.c", "int x = atoi(y);\n")
        self.assert_told(house.bans, "test/base/x.c:1")

    def test_in_comments_and_strings_is_none(self):
        self.append("src/base/error.c", '// strcpy(a, b)\n/* gets(x) */\nchar *s = "sprintf(x)";\n')
        self.assertEqual(list(house.bans(self.root)), [])

    def test_longer_names_are_none(self):
        self.append("src/base/error.c", "int x = my_atoi(y) + atoi_safe(z) + s.gets(q);\n")
        self.assertEqual(list(house.bans(self.root)), [])

    def test_vla_warning_taken_out(self):
        self.write("meson.build", CLEAN["meson.build"].replace("f =", "# f ="))
        self.assert_told(house.bans, "-Wvla")

    def test_warnings_no_errors(self):
        self.write("meson.build", CLEAN["meson.build"].replace("werror=true", "werror=false"))
        self.assert_told(house.bans, "-Wvla")

    def test_poison_taken_out(self):
        self.write("src/base/banned.h", CLEAN["src/base/banned.h"].replace(" atoi ", " "))
        self.assert_told(house.bans, "src/base/banned.h", "atoi")

    def test_header_not_included(self):
        self.write("src/meson.build", "# ban_arguments = ['-include', 'base/banned.h']\n")
        self.assert_told(house.bans, "src/meson.build")


class HeadersStandAlone(HouseTest):
    def test_missing_include(self):
        self.append("src/model/frame.h", "size_t frame_size(void);\n")
        self.assert_told(house.headers_stand_alone, "src/model/frame.h", "size_t")

    def test_no_guard(self):
        self.write("src/model/frame.h", "struct frame { int line; };\n")
        self.assert_told(house.headers_stand_alone, "src/model/frame.h", "redefinition")

    def test_public_header(self):
        self.append("include/dowse.h", "uint64_t dowse_count(void);\n")
        self.assert_told(house.headers_stand_alone, "include/dowse.h")


class Prefixes(HouseTest):
    def test_foreign_name(self):
        self.append("src/base/error.c", "\nint *\nhash_bytes(const char *a,\n\tint b)\n{\n\treturn 0;\n}\n")
        self.assert_told(house.prefixes, "src/base/error.c:9", "hash_bytes")

    def test_name_of_a_higher_folder(self):
        self.append("src/base/error.c", "\nint frame_line(void)\n{\n\treturn 0;\n}\n")
        self.assert_told(house.prefixes, "src/base/error.c:8", "frame_line")

    def test_structure_of_the_go_runtime(self):
        self.write("src/binary/layout_members.h", 'LAYOUT_SIZE(sudog_size, "runtime.sudog")\n')
        definition = "\nint sudog_channel(void)\n{\n\treturn 0;\n}\n"
        self.append("src/runtime/unwind.c", definition)
        self.assertEqual(list(house.prefixes(self.root)), [])
        self.append("src/base/error.c", definition)
        self.assert_told(house.prefixes, "src/base/error.c:8", "sudog_channel")

    def test_a_word_is_whole(self):
        self.append("src/base/error.c", "\nint errors(void)\n{\n\treturn 0;\n}\n")
        self.assert_told(house.prefixes, "errors")

    def test_static_is_free(self):
        self.append("src/base/error.c", "\nstatic int hash(void)\n{\n\treturn 0;\n}\n")
        self.assertEqual(list(house.prefixes(self.root)), [])


class MachinePaths(HouseTest):
    def test_each_folder(self):
        for name in ["work", "farm", "root", "home"]:
            with self.subTest(name):
                self.write("docs/x.md", "fine\nsee /%s/main for more\n" % name)
                self.assert_told(house.machine_paths, "docs/x.md:2")

    def test_in_quotes_and_without_an_end(self):
        self.write("Makefile", 'X = "/%s"\n' % "work")
        self.assert_told(house.machine_paths, "Makefile:1")

    def test_parts_of_other_paths_are_none(self):
        self.write("a.c", '"/proc/%d/root/sys" "/proc/self/root/x" "net/work/x" "frame/work" "36 35 /root"\n')
        self.assertEqual(list(house.machine_paths(self.root)), [])

    def test_what_git_ignores_is_not_read(self):
        os.system("git -C '%s' init -q" % self.root)
        self.write(".gitignore", "/build*/\n")
        self.write("build-x/log", "/%s/main\n" % "work")
        self.assertEqual(list(house.machine_paths(self.root)), [])


class Documented(HouseTest):
    def test_folder_not_mentioned(self):
        self.write("src/report/meson.build", "")
        self.assert_told(house.documented, "src/report")

    def test_row_of_a_folder_that_is_not_there(self):
        self.append("docs/architecture.md", "| `src/heap` | objects |\n")
        self.assert_told(house.documented, "src/heap")

    def test_no_page(self):
        os.unlink(os.path.join(self.root, "docs/architecture.md"))
        self.assert_told(house.documented, "missing")


class MembersCheckedTest(HouseTest):
    def read_member(self, member):
        self.append("src/runtime/unwind.c", "int x(void)\n{\n\treturn member_u64(m, layout->%s);\n}\n" % member)

    def test_neither_listed_nor_looked_at(self):
        self.read_member("m_p")
        self.assert_told(house.members_checked, "src/runtime/unwind.c:10", "m_p")

    def test_listed(self):
        self.write("src/runtime/layout_check.c", "COPIED(m, p, 8),\n")
        self.read_member("m_p")
        self.assertEqual(list(house.members_checked(self.root)), [])

    def test_looked_at(self):
        self.append("src/target/target.c", "int y = lies_inside(layout->m_p, 8, size);\n")
        self.read_member("m_p")
        self.assertEqual(list(house.members_checked(self.root)), [])


class Built(HouseTest):
    def test_file_not_listed(self):
        self.write("src/base/arena.c", "")
        self.assert_told(house.built, "src/base/arena.c", "src/base/meson.build")

    def test_listed_in_a_comment(self):
        self.write("src/base/arena.c", "")
        self.append("src/base/meson.build", "# 'arena.c'\n")
        self.assert_told(house.built, "src/base/arena.c")

    def test_listed_file_is_not_there(self):
        self.append("src/model/meson.build", "library_sources += files('stack.c')\n")
        self.assert_told(house.built, "src/model/meson.build", "stack.c")

    def test_suite_that_is_not_entered(self):
        self.write("test/meson.build", "foreach folder : ['base']\n# 'harm'\n")
        self.write("test/base/meson.build", "")
        self.write("test/harm/meson.build", "")
        self.assert_told(house.built, "test/harm/meson.build")

    def test_folder_without_a_list(self):
        self.write("src/report/text.c", "")
        self.assert_told(house.built, "src/report/text.c", "meson.build")


if __name__ == "__main__":
    unittest.main()
