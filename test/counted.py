#!/usr/bin/env python3
"""test/counted.py FILE...: run the unittest cases of these files, and end with the line that
test/run reads: `N passed, N failed`. A skipped test has not passed."""

import importlib.util
import os
import sys
import unittest


def load(path):
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    # Known by its name before it runs: dataclasses and pickles look themselves up.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return unittest.defaultTestLoader.loadTestsFromModule(module)


def main():
    suite = unittest.TestSuite(load(path) for path in sys.argv[1:])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    bad = result.failures + result.errors + result.skipped
    # Sub-tests of one test may fail one by one, and a fixture fails without a test.
    bad_tests = {getattr(test, "test_case", test).id() for test, _ in bad}
    bad_tests |= {test.id() for test in result.unexpectedSuccesses}
    failed = len(bad_tests)
    passed = max(result.testsRun - failed, 0)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
