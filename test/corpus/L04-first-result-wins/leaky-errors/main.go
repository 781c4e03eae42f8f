// The first error ends the import; other parts that fail can not say so.
package main

import (
	"fmt"

	"corpus/lib"
)

type part struct {
	number int
	rows   []byte
}

func (p *part) check() error {
	return fmt.Errorf("part %d: bad row", p.number)
}

func load(parts []*part) error {
	errs := make(chan error)
	for _, p := range parts {
		p := p
		go func() {
			err := p.check()
			errs <- err // LEAK L4 count=140 bytes=@measured certainty=proved
			p.rows = nil
		}()
	}
	for range parts {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

func main() {
	for i := 0; i < 20; i++ {
		var parts []*part
		for number := 0; number < 8; number++ {
			parts = append(parts, &part{number, make([]byte, 16384)})
		}
		load(parts)
	}
	lib.Wait()
}
