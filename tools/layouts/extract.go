// SPDX-License-Identifier: Apache-2.0

package main

import (
	"compress/gzip"
	"debug/dwarf"
	"debug/elf"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// An extract is all that one binary's debug information says of types and constants. All of it is
// kept, so that a new member in the list does not mean a hundred builds.
type extract struct {
	Format    int
	Types     map[string]*typeInfo
	Variables map[string]string // name → type's key
	Constants map[string]int64
}

const extractFormat = 1

// A typeInfo is a structure or an array; other types have a size only.
type typeInfo struct {
	Size    int64
	Members map[string]memberInfo `json:",omitempty"`
	Element string                `json:",omitempty"`
	Stride  int64                 `json:",omitempty"`
	Count   int64                 `json:",omitempty"`
}

type memberInfo struct {
	Offset int64
	Type   string
}

func loadExtract(cache string, s subject) *extract {
	file, err := os.Open(extractPath(cache, s))
	if err != nil {
		return nil
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return nil
	}
	var result extract
	if json.NewDecoder(unpacked).Decode(&result) != nil || result.Format != extractFormat {
		return nil
	}
	return &result
}

func (e *extract) save(cache string, s subject) error {
	if err := os.MkdirAll(cache, 0o777); err != nil {
		return err
	}
	file, err := os.CreateTemp(cache, "new-")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	packed := gzip.NewWriter(file)
	if err := json.NewEncoder(packed).Encode(e); err != nil {
		return err
	}
	if err := packed.Close(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), extractPath(cache, s))
}

func extractPath(cache string, s subject) string {
	return filepath.Join(cache, s.String()+".json.gz")
}

// readBinary walks the debug information of a binary once.
func readBinary(path string) (*extract, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := file.DWARF()
	if err != nil {
		return nil, err
	}
	result := &extract{
		Format:    extractFormat,
		Types:     map[string]*typeInfo{},
		Variables: map[string]string{},
		Constants: map[string]int64{},
	}
	reader := data.Reader()
	for {
		entry, err := reader.Next()
		if err != nil {
			return nil, err
		}
		if entry == nil {
			break
		}
		if err := result.entry(data, entry); err != nil {
			return nil, fmt.Errorf("%s: entry at %#x: %w", path, entry.Offset, err)
		}
		if entry.Children && entry.Tag != dwarf.TagCompileUnit {
			reader.SkipChildren()
		}
	}
	return result, nil
}

func (e *extract) entry(data *dwarf.Data, entry *dwarf.Entry) error {
	name, _ := entry.Val(dwarf.AttrName).(string)
	if name == "" {
		return nil
	}
	switch entry.Tag {
	case dwarf.TagStructType, dwarf.TagTypedef, dwarf.TagArrayType:
		kind, err := data.Type(entry.Offset)
		if err != nil {
			return err
		}
		e.add(kind)
	case dwarf.TagVariable:
		offset, ok := entry.Val(dwarf.AttrType).(dwarf.Offset)
		if !ok {
			return nil
		}
		kind, err := data.Type(offset)
		if err != nil {
			return err
		}
		e.Variables[name] = e.add(kind)
	case dwarf.TagConstant:
		if value, ok := entry.Val(dwarf.AttrConstValue).(int64); ok {
			e.Constants[name] = value
		}
	}
	return nil
}

// add notes a type and what it is made of, and returns its key. Pointers are not followed: their
// targets have entries of their own.
func (e *extract) add(kind dwarf.Type) string {
	key := kind.Common().Name
	for {
		definition, ok := kind.(*dwarf.TypedefType)
		if !ok {
			break
		}
		kind = definition.Type
	}
	if structure, ok := kind.(*dwarf.StructType); ok && key == "" {
		key = structure.StructName
	}
	if key == "" {
		key = kind.String()
	}
	if e.Types[key] != nil {
		return key
	}
	info := &typeInfo{Size: kind.Size()}
	e.Types[key] = info
	switch kind := kind.(type) {
	case *dwarf.StructType:
		info.Members = map[string]memberInfo{}
		for _, field := range kind.Field {
			info.Members[field.Name] = memberInfo{field.ByteOffset, e.add(field.Type)}
		}
	case *dwarf.ArrayType:
		info.Element = e.add(kind.Type)
		info.Count = kind.Count
		if info.Count > 0 {
			info.Stride = kind.Size() / kind.Count
		} else {
			info.Stride = kind.Type.Size()
		}
	}
	return key
}
