// canonical prints profiles as github.com/google/pprof/profile reads, adds and subtracts them: the
// same questions and answers as print_profile.c.
package main

import (
	"bufio"
	"fmt"
	"os"
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

func answer(words []string, out *bufio.Writer) error {
	p, err := read(words[1])
	if err != nil {
		return err
	}
	if words[0] == "decode" {
		show(p, out)
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
