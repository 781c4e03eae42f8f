// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"regexp"
	"sort"
	"strings"
)

// A column is one subject's values, in the order of the fields.
type column []int64

func columnOf(fields []field, e *extract) (column, error) {
	values := make(column, len(fields))
	for i := range fields {
		values[i] = fields[i].value(e)
		if values[i] > math.MaxInt32 {
			// Magic numbers keep their bits.
			values[i] = int64(int32(uint32(values[i])))
		}
		if values[i] < math.MinInt32 {
			return nil, fmt.Errorf("%s does not fit: %d", fields[i].Name, values[i])
		}
	}
	return values, nil
}

type table struct {
	fields   []field
	releases []subject // without experiment and machine
	columns  map[subject]column
	output   bytes.Buffer
}

func writeTable(path string, fields []field, extracts map[subject]*extract) error {
	t := &table{fields: fields, columns: map[subject]column{}}
	count := map[subject]int{}
	for s, e := range extracts {
		values, err := columnOf(fields, e)
		if err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
		t.columns[s] = values
		if s.Experiment == "" {
			s.Machine = ""
			count[s]++
		}
	}
	for s, n := range count {
		if n == len(machines) {
			t.releases = append(t.releases, s)
		}
	}
	if len(t.releases) == 0 {
		return fmt.Errorf("the cache has no release for all machines")
	}
	sort.Slice(t.releases, func(i, j int) bool { return t.releases[i].before(t.releases[j]) })
	t.reportEmpty()
	t.printf("/* SPDX-License-Identifier: Apache-2.0 */\n")
	t.printf("/* Made by tools/layouts from layout_members.h and the toolchains: do not edit. */\n")
	t.printf("/* clang-format off */\n")
	t.writeReleases()
	t.writeRuns()
	t.writeExperiments()
	t.printf("/* clang-format on */\n")
	return os.WriteFile(path, t.output.Bytes(), 0o666)
}

func (t *table) printf(format string, arguments ...any) {
	fmt.Fprintf(&t.output, format, arguments...)
}

// reportEmpty names the fields that no release has: a slip of the pen, as a rule.
func (t *table) reportEmpty() {
	for i, f := range t.fields {
		found := false
		for _, values := range t.columns {
			found = found || values[i] != absent
		}
		if !found {
			fmt.Fprintf(os.Stderr, "layouts: no release has %s: %v %v\n", f.Name, f.Owners, f.Paths)
		}
	}
}

func (t *table) writeReleases() {
	t.printf("\n#ifdef LAYOUT_RELEASES\n")
	for i, s := range t.releases {
		t.printf("R(%d, %d)", s.Minor, s.Patch)
		if i+1 == len(t.releases) || t.releases[i+1].Minor != s.Minor {
			t.printf("\n")
		} else {
			t.printf(" ")
		}
	}
	t.printf("#endif\n")
}

// runs are the releases from which on a field has another value, for one machine.
func (t *table) runs(field int, machine string) string {
	var text strings.Builder
	var last int64
	for i, s := range t.releases {
		s.Machine = machine
		value := t.columns[s][field]
		if i == 0 || value != last {
			written := fmt.Sprint(value)
			if value == absent {
				written = "NONE"
			}
			fmt.Fprintf(&text, " V(%d,%d, %s)", s.Minor, s.Patch, written)
		}
		last = value
	}
	return text.String()
}

func (t *table) writeRuns() {
	for _, machine := range machines {
		t.printf("\n/* %s: from this release on, this value. */\n", machine)
		if machine != machines[0] {
			t.printf("/* Only the fields that differ from %s. */\n", machines[0])
		}
		t.printf("#ifdef LAYOUT_%s_RUNS\n", strings.ToUpper(machine))
		for i, f := range t.fields {
			runs := t.runs(i, machine)
			if machine == machines[0] || runs != t.runs(i, machines[0]) {
				t.printf("F(%s,%s)\n", f.Name, runs)
			}
		}
		t.printf("#endif\n")
	}
}

// changes lists what an experiment changes against the release without it.
func (t *table) changes(s subject) (string, bool) {
	base := s
	base.Experiment = ""
	if t.columns[base] == nil {
		return "", false
	}
	var text strings.Builder
	for i, f := range t.fields {
		if from, to := t.columns[base][i], t.columns[s][i]; from != to {
			written := fmt.Sprint(to)
			if to == absent {
				written = "NONE"
			}
			fmt.Fprintf(&text, "\n  C(%s, %s)", f.Name, written)
		}
	}
	return text.String(), true
}

func (t *table) writeExperiments() {
	var subjects []subject
	for s := range t.columns {
		if s.Experiment != "" {
			subjects = append(subjects, s)
		}
	}
	sort.Slice(subjects, func(i, j int) bool {
		a, b := subjects[i], subjects[j]
		if a.Machine != b.Machine {
			return a.Machine < b.Machine
		}
		return a.before(b)
	})
	t.printf("\n/* What an experiment changes, against the same release without it. */\n")
	t.printf("#ifdef LAYOUT_EXPERIMENTS\n")
	for _, s := range subjects {
		if text, ok := t.changes(s); ok {
			t.printf("E(%s, %d, %d, \"%s\",%s)\n", strings.ToUpper(s.Machine), s.Minor, s.Patch, s.Experiment, text)
		}
	}
	t.printf("#endif\n")
}

// printTypes shows the union of what the releases have, to write layout_members.h from.
func printTypes(extracts map[subject]*extract, expression string) error {
	wanted, err := regexp.Compile("^(?:" + expression + ")$")
	if err != nil {
		return err
	}
	lines := map[string]map[string]bool{} // name → releases that have it
	note := func(name string, s subject) {
		if lines[name] == nil {
			lines[name] = map[string]bool{}
		}
		lines[name][fmt.Sprintf("%d.%02d", s.Minor, s.Patch)] = true
	}
	for s, e := range extracts {
		for name, info := range e.Types {
			if !wanted.MatchString(name) {
				continue
			}
			for member, place := range info.Members {
				note(fmt.Sprintf("%s.%s %s", name, member, place.Type), s)
			}
		}
		for name, kind := range e.Variables {
			if wanted.MatchString(name) {
				note(fmt.Sprintf("variable %s %s", name, kind), s)
			}
		}
		for name, value := range e.Constants {
			if wanted.MatchString(name) {
				note(fmt.Sprintf("constant %s %d", name, value), s)
			}
		}
	}
	var names []string
	for name := range lines {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		first, last := "~", ""
		for release := range lines[name] {
			first, last = min(first, release), max(last, release)
		}
		fmt.Printf("%s\t%s-%s (%d)\n", name, first, last, len(lines[name]))
	}
	return nil
}
