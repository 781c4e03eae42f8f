// canonical prints profiles as github.com/google/pprof/profile reads, adds and subtracts them: the
// same questions and answers as print_profile.c.
package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strings"

	"github.com/google/pprof/profile"
)

func hex(s string) string { return "'" + fmt.Sprintf("%x", s) }

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func location(l *profile.Location) string {
	var b strings.Builder
	if m := l.Mapping; m != nil {
		fmt.Fprintf(&b, "[%x %x %x%s%s %d%d%d%d]", m.Start, m.Limit, m.Offset, hex(m.File), hex(m.BuildID),
			flag(m.HasFunctions), flag(m.HasFilenames), flag(m.HasLineNumbers), flag(m.HasInlineFrames))
	}
	fmt.Fprintf(&b, "@%x/%d", l.Address, flag(l.IsFolded))
	for _, line := range l.Line {
		b.WriteString("{")
		if f := line.Function; f != nil {
			fmt.Fprintf(&b, "%s%s%s %d", hex(f.Name), hex(f.SystemName), hex(f.Filename), f.StartLine)
		}
		fmt.Fprintf(&b, ":%d:%d}", line.Line, line.Column)
	}
	return b.String()
}

func sample(s *profile.Sample) string {
	var b strings.Builder
	b.WriteString("sample")
	for _, v := range s.Value {
		fmt.Fprintf(&b, " %d", v)
	}
	for _, l := range s.Location {
		b.WriteString("|" + location(l))
	}
	var keys []string
	for k := range s.Label {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		for _, v := range s.Label[k] {
			b.WriteString(" t" + hex(k) + hex(v))
		}
	}
	keys = nil
	for k := range s.NumLabel {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		for i, v := range s.NumLabel[k] {
			unit := ""
			if u := s.NumUnit[k]; i < len(u) {
				unit = u[i]
			}
			fmt.Fprintf(&b, " n%s=%d%s", hex(k), v, hex(unit))
		}
	}
	return b.String()
}

func show(p *profile.Profile, out *bufio.Writer) {
	fmt.Fprint(out, "types")
	for _, t := range p.SampleType {
		fmt.Fprint(out, hex(t.Type), hex(t.Unit))
	}
	period := p.PeriodType
	if period == nil {
		period = &profile.ValueType{}
	}
	fmt.Fprintf(out, "\nperiod%s%s %d\ntime %d %d\nframes%s%s%s%s\ncomments", hex(period.Type), hex(period.Unit),
		p.Period, p.TimeNanos, p.DurationNanos, hex(p.DropFrames), hex(p.KeepFrames),
		hex(p.DefaultSampleType), hex(p.DocURL))
	for _, c := range p.Comments {
		fmt.Fprint(out, hex(c))
	}
	fmt.Fprintln(out)
	var lines []string
	for _, s := range p.Sample {
		lines = append(lines, sample(s))
	}
	sort.Strings(lines)
	for _, l := range lines {
		fmt.Fprintln(out, l)
	}
}

func read(path string) (*profile.Profile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return profile.ParseData(data)
}

// filtered takes what words like focus=EXPRESSION leave.
func filtered(p *profile.Profile, words []string, out *bufio.Writer) error {
	given := map[string]*regexp.Regexp{}
	for _, word := range words {
		name, expression, _ := strings.Cut(word, "=")
		compiled, err := regexp.Compile(expression)
		if err != nil {
			return err
		}
		given[name] = compiled
	}
	p.FilterSamplesByName(given["focus"], given["ignore"], given["hide"], given["show"])
	show(p, out)
	return nil
}

// graph tells of the first value who calls whom, by the names of functions: each call once a sample,
// and nobody calls itself.
func graph(p *profile.Profile, out *bufio.Writer) {
	flat, cum, edges := map[string]int64{}, map[string]int64{}, map[[2]string]int64{}
	for _, s := range p.Sample {
		seen, seenEdges, caller := map[string]bool{}, map[[2]string]bool{}, ""
		v := s.Value[0]
		if v == 0 {
			continue
		}
		for i := len(s.Location) - 1; i >= 0; i-- {
			names := []string{fmt.Sprintf("0x%016x", s.Location[i].Address)}
			if lines := s.Location[i].Line; len(lines) > 0 {
				names = nil
				for j := len(lines) - 1; j >= 0; j-- {
					if lines[j].Function != nil {
						names = append(names, lines[j].Function.Name)
					}
				}
			}
			for _, name := range names {
				if !seen[name] {
					cum[name] += v
				}
				seen[name] = true
				edge := [2]string{caller, name}
				if caller != "" && caller != name && !seenEdges[edge] {
					edges[edge] += v
				}
				seenEdges[edge] = true
				caller = name
			}
		}
		if caller != "" {
			flat[caller] += v
		}
	}
	var lines []string
	for name := range cum {
		if cum[name] != 0 || flat[name] != 0 {
			lines = append(lines, fmt.Sprintf("node%s %d %d", hex(name), flat[name], cum[name]))
		}
	}
	for edge, v := range edges {
		from, to := edge[0], edge[1]
		if v != 0 && (cum[from] != 0 || flat[from] != 0) && (cum[to] != 0 || flat[to] != 0) {
			lines = append(lines, fmt.Sprintf("edge%s%s %d", hex(from), hex(to), v))
		}
	}
	sort.Strings(lines)
	fmt.Fprintln(out, "graph")
	for _, l := range lines {
		fmt.Fprintln(out, l)
	}
}

func answer(words []string, out *bufio.Writer) error {
	p, err := read(words[1])
	if err != nil {
		return err
	}
	if words[0] == "decode" {
		show(p, out)
		return nil
	}
	if words[0] == "filter" {
		return filtered(p, words[2:], out)
	}
	if words[0] == "graph" {
		graph(p, out)
		return nil
	}
	q, err := read(words[2])
	if err != nil {
		return err
	}
	if words[0] == "diff" {
		q.SetLabel("pprof::base", []string{"true"})
		q.Scale(-1)
	}
	sum, err := profile.Merge([]*profile.Profile{p, q})
	if err != nil {
		return err
	}
	show(sum, out)
	return nil
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		if err := answer(strings.Fields(in.Text()), out); err != nil {
			fmt.Fprintln(out, "error", err)
		}
		fmt.Fprintln(out, ".")
	}
}
