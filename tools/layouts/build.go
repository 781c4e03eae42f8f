// SPDX-License-Identifier: Apache-2.0

package main

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed program/*.go
var program embed.FS

// A builder builds the program with one toolchain after the other, in a directory of its own.
type builder struct {
	directory string
	kept      map[string]bool // releases whose toolchains stay
}

func newBuilder(kept map[string]bool) (*builder, error) {
	directory, err := os.MkdirTemp("", "layouts-")
	if err != nil {
		return nil, err
	}
	b := &builder{directory, kept}
	source := filepath.Join(directory, "program")
	if err := os.Mkdir(source, 0o777); err != nil {
		return nil, err
	}
	files, err := fs.Glob(program, "program/*.go")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		text, err := program.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(directory, name), text, 0o666); err != nil {
			return nil, err
		}
	}
	return b, os.WriteFile(filepath.Join(source, "go.mod"), []byte("module example.com/layouts\n\ngo 1.19\n"), 0o666)
}

func (b *builder) close() { os.RemoveAll(b.directory) }

// group builds and reads several subjects of one release, then forgets what was fetched and
// built for them, unless the toolchain had been there before.
func (b *builder) group(subjects []subject, done func(subject, *extract) error) error {
	first := subjects[0]
	before := toolchainPresent(first)
	root, err := run(b.directory, []string{"GOTOOLCHAIN=" + first.toolchain()}, "go", "env", "GOROOT")
	if err != nil {
		return err
	}
	if !before && !b.kept[first.release()] {
		defer removeToolchain(first)
	}
	objects := filepath.Join(b.directory, "objects")
	defer os.RemoveAll(objects)
	for _, s := range subjects {
		binary := filepath.Join(b.directory, "binary")
		// The toolchain's own go command: the one on the path may not know the experiment.
		_, err := run(filepath.Join(b.directory, "program"), []string{
			"GOTOOLCHAIN=local", "GOROOT=" + root, "GOCACHE=" + objects, "GOOS=linux",
			"GOARCH=" + s.Machine, "GOEXPERIMENT=" + s.Experiment, "CGO_ENABLED=0",
			"GOFLAGS=", "GOWORK=off",
		}, filepath.Join(root, "bin", "go"), "build", "-p", "2", "-o", binary, ".")
		if err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
		result, err := readBinary(binary)
		if err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
		if err := done(s, result); err != nil {
			return err
		}
	}
	return nil
}

func run(directory string, environment []string, command ...string) (string, error) {
	process := exec.Command(command[0], command[1:]...)
	process.Dir = directory
	process.Env = append(os.Environ(), environment...)
	var complaint strings.Builder
	process.Stderr = &complaint
	output, err := process.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, complaint.String())
	}
	return strings.TrimSpace(string(output)), nil
}

func moduleCache() string {
	path, err := run(".", nil, "go", "env", "GOMODCACHE")
	if err != nil {
		return ""
	}
	return path
}

// toolchainPaths are where the go command keeps a toolchain: unpacked, and as it came.
func toolchainPaths(s subject) (unpacked, fetched string) {
	cache := moduleCache()
	name := fmt.Sprintf("v0.0.1-%s.linux-amd64", s.toolchain())
	return filepath.Join(cache, "golang.org", "toolchain@"+name),
		filepath.Join(cache, "cache", "download", "golang.org", "toolchain", "@v", name)
}

func toolchainPresent(s subject) bool {
	unpacked, _ := toolchainPaths(s)
	_, err := os.Stat(unpacked)
	return err == nil
}

func removeToolchain(s subject) {
	unpacked, fetched := toolchainPaths(s)
	// The module cache is read-only, so that nobody edits it by mistake.
	filepath.WalkDir(unpacked, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			os.Chmod(path, 0o755)
		}
		return nil
	})
	os.RemoveAll(unpacked)
	for _, suffix := range []string{".zip", ".ziphash", ".lock", ".mod", ".info"} {
		os.Remove(fetched + suffix)
	}
}
