// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// A field is one line of layout_members.h. Owners and paths are alternatives, tried in order:
// releases rename things.
type field struct {
	Kind   string // MEMBER, SIZE, STRIDE, COUNT, CONSTANT
	Name   string
	Owners []string // types or variables; the names of a constant
	Paths  []string // "sched.pc"; one empty path where the owner itself is meant
}

const absent = -1

var (
	fieldLine = regexp.MustCompile(`LAYOUT_(MEMBER|SIZE|STRIDE|COUNT|CONSTANT)\(\s*(\w+)\s*,\s*"([^"]*)"\s*(?:,\s*"([^"]*)"\s*)?\)`)
	comments  = regexp.MustCompile(`(?s)/\*.*?\*/`)
	directive = regexp.MustCompile(`(?m)^#.*$`)
)

func readFields(path string) ([]field, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	clean := directive.ReplaceAll(comments.ReplaceAll(text, nil), nil)
	var fields []field
	seen := map[string]bool{}
	for _, match := range fieldLine.FindAllStringSubmatch(string(clean), -1) {
		one := field{match[1], match[2], strings.Split(match[3], "|"), strings.Split(match[4], "|")}
		if seen[one.Name] {
			return nil, fmt.Errorf("%s: %s is there twice", path, one.Name)
		}
		seen[one.Name] = true
		fields = append(fields, one)
	}
	if lines := strings.Count(string(clean), "LAYOUT_"); lines != len(fields) {
		return nil, fmt.Errorf("%s: understood %d of %d fields", path, len(fields), lines)
	}
	return fields, nil
}

// value looks the field up in one extract; a field that is not there is absent.
func (f *field) value(e *extract) int64 {
	for _, owner := range f.Owners {
		if f.Kind == "CONSTANT" {
			if value, ok := e.Constants[owner]; ok {
				return value
			}
			continue
		}
		key, ok := owner, e.Types[owner] != nil
		if !ok {
			key, ok = e.Variables[owner]
		}
		if !ok {
			continue
		}
		for _, path := range f.Paths {
			if offset, reached := e.follow(key, path); reached != nil {
				return f.of(offset, reached)
			}
		}
	}
	return absent
}

func (f *field) of(offset int64, reached *typeInfo) int64 {
	switch f.Kind {
	case "MEMBER":
		return offset
	case "SIZE":
		return reached.Size
	case "STRIDE":
		if reached.Element != "" {
			return reached.Stride
		}
	case "COUNT":
		if reached.Element != "" {
			return reached.Count
		}
	}
	return absent
}

// follow goes down a dotted path, through structures inside one another.
func (e *extract) follow(key, path string) (offset int64, reached *typeInfo) {
	reached = e.Types[key]
	if path == "" {
		return 0, reached
	}
	for _, name := range strings.Split(path, ".") {
		if reached == nil {
			return 0, nil
		}
		member, ok := reached.Members[name]
		if !ok {
			return 0, nil
		}
		offset += member.Offset
		reached = e.Types[member.Type]
	}
	return offset, reached
}
