// SPDX-License-Identifier: Apache-2.0

// layouts makes src/binary/layout_table.inc: where the members of the Go runtime's structures lie,
// for every release. It builds a small program with each release's own toolchain, for each machine
// and experiment, keeps what the debug information says in a cache, and writes the table for the
// members that src/binary/layout_members.h lists.
//
//	cd tools/layouts && go run .            all that is missing in the cache, then the table
//	cd tools/layouts && go run . -offline   the table, of what the cache has
//	cd tools/layouts && go run . -types 'runtime\.m' what the cache knows of some types, to read
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

type options struct {
	releases, experiments, members, output, cache string
	only, types                                   string
	offline, mainOnly, partial                    bool
}

func main() {
	var o options
	flag.StringVar(&o.releases, "releases", "releases.txt", "releases, one a line")
	flag.StringVar(&o.experiments, "experiments", "experiments.txt", "releases with experiments, one a line")
	flag.StringVar(&o.members, "members", "../../src/binary/layout_members.h", "what to put into the table")
	flag.StringVar(&o.output, "output", "../../src/binary/layout_table.inc", "the table")
	flag.StringVar(&o.cache, "cache", "", "where extracts are kept (default: dowse/layouts in the user's cache)")
	flag.StringVar(&o.only, "only", "", "look only at subjects that match this expression")
	flag.StringVar(&o.types, "types", "", "print the types that match this expression instead")
	flag.BoolVar(&o.offline, "offline", false, "build nothing")
	flag.BoolVar(&o.partial, "partial", false, "write the table even if the cache lacks some subjects")
	flag.BoolVar(&o.mainOnly, "main", false, "build for the main releases only")
	flag.Parse()
	if err := o.run(); err != nil {
		fmt.Fprintln(os.Stderr, "layouts:", err)
		os.Exit(1)
	}
}

func (o *options) run() error {
	if o.cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		o.cache = filepath.Join(user, "dowse", "layouts")
	}
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	subjects, kept, err := readSubjects(o.releases)
	if err != nil {
		return err
	}
	more, _, err := readSubjects(o.experiments)
	if err != nil {
		return err
	}
	var chosen []subject
	for _, s := range append(subjects, more...) {
		if only.MatchString(s.String()) && (!o.mainOnly || kept[s.release()]) {
			chosen = append(chosen, s)
		}
	}
	if !o.offline {
		if err := o.extractMissing(chosen, kept); err != nil {
			return err
		}
	}
	extracts := map[subject]*extract{}
	missing := 0
	for _, s := range append(subjects, more...) {
		if found := loadExtract(o.cache, s); found != nil {
			extracts[s] = found
		} else {
			missing++
		}
	}
	if o.types != "" {
		return printTypes(extracts, o.types)
	}
	if missing > 0 && !o.partial {
		return fmt.Errorf("the cache lacks %d subjects, and the table would, too: build them (no -offline, -only or -main), or say -partial", missing)
	}
	fields, err := readFields(o.members)
	if err != nil {
		return err
	}
	return writeTable(o.output, fields, extracts)
}

// extractMissing builds release by release, so that a toolchain is fetched once.
func (o *options) extractMissing(subjects []subject, kept map[string]bool) error {
	groups := map[string][]subject{}
	var order []string
	for _, s := range subjects {
		if loadExtract(o.cache, s) != nil {
			continue
		}
		if groups[s.release()] == nil {
			order = append(order, s.release())
		}
		groups[s.release()] = append(groups[s.release()], s)
	}
	if len(order) == 0 {
		return nil
	}
	b, err := newBuilder(kept)
	if err != nil {
		return err
	}
	defer b.close()
	failed := 0
	for _, release := range order {
		err := b.group(groups[release], func(s subject, found *extract) error {
			fmt.Fprintln(os.Stderr, s, len(found.Types), "types", len(found.Constants), "constants")
			return found.save(o.cache, s)
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, "layouts:", err)
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d releases failed", failed)
	}
	return nil
}
