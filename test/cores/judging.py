# SPDX-License-Identifier: Apache-2.0
"""Judge cores of one program: the same moment live, in gcore's core and in the kernel's."""

import shutil
import time

import compare
import making


def judge(release, variant, folder, age=0, kinds=("gcore", "kernel"), name="zoo"):
    """
    {kind: what differs}, of the kinds that can be made here; how many goroutines were compared.
    """
    kinds = [kind for kind in kinds
             if (shutil.which("gcore") if kind == "gcore" else making.kernel_writes_files())]
    found = {}
    command = making.build.build(release, variant, name)
    with making.Moment(command, folder, age) as moment:
        for kind in kinds:
            live, before = moment.look(), time.monotonic()
            core = moment.gcore() if kind == "gcore" else moment.kernel_core()
            # gcore needs seconds to begin on a loaded machine; the kernel none.
            elapsed = time.monotonic() - before if kind == "gcore" else 0
            found[kind] = list(compare.differences(live, making.goroutines(core),
                                                   kind == "kernel", elapsed))
            core.unlink()
        return found, len(moment.live["goroutines"])
