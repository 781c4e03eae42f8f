// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"strings"
)

// A subject is one thing to look at: a release, perhaps with an experiment, for one machine.
type subject struct {
	Minor, Patch int
	Experiment   string // as GOEXPERIMENT takes it; "" for none
	Machine      string // as GOARCH takes it
}

var machines = []string{"amd64", "arm64"}

func (s subject) release() string { return fmt.Sprintf("1.%d.%d", s.Minor, s.Patch) }

// toolchain is the release's own name: the first of a minor release had no ".0" before 1.21.
func (s subject) toolchain() string {
	if s.Patch == 0 && s.Minor < 21 {
		return fmt.Sprintf("go1.%d", s.Minor)
	}
	return "go" + s.release()
}

func (s subject) String() string {
	name := s.toolchain()
	if s.Experiment != "" {
		name += "+" + s.Experiment
	}
	return name + "-" + s.Machine
}

func (s subject) before(other subject) bool {
	if s.Minor != other.Minor {
		return s.Minor < other.Minor
	}
	if s.Patch != other.Patch {
		return s.Patch < other.Patch
	}
	return s.Experiment < other.Experiment
}

// readSubjects reads "1.25.5" or "1.25.5 greenteagc" a line; a trailing "main" marks the releases
// that everybody builds with, so whose toolchains stay. # starts a comment.
func readSubjects(path string) (subjects []subject, main map[string]bool, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	main = map[string]bool{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		var one subject
		if n, err := fmt.Sscanf(words[0], "1.%d.%d", &one.Minor, &one.Patch); n != 2 {
			return nil, nil, fmt.Errorf("%s: %q is not a release: %v", path, words[0], err)
		}
		if len(words) == 2 && words[1] == "main" {
			main[one.release()] = true
		} else if len(words) == 2 {
			one.Experiment = words[1]
		}
		for _, machine := range machines {
			one.Machine = machine
			subjects = append(subjects, one)
		}
	}
	sort.SliceStable(subjects, func(i, j int) bool { return subjects[i].before(subjects[j]) })
	return subjects, main, lines.Err()
}
