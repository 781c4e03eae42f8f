// Rows wait for a template that ranges over their channel.
package main

import (
	"os"
	"text/template"

	"corpus/lib"
)

type row struct{ name string }

type page struct {
	Title string
	Rows  chan row
}

var (
	page1 = template.Must(template.New("page").Parse("{{.Title}}: {{range .Rows}}{{.}} {{end}}\n"))
	pages []*page
)

func main() {
	for i := 0; i < 12; i++ {
		p := &page{"rows", make(chan row)}
		pages = append(pages, p)
		go func() { p.Rows <- row{"a row"} }()
	}
	lib.Wait()
	for _, p := range pages {
		page1.Execute(os.Stdout, p)
	}
}
