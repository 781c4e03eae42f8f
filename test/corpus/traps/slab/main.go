// Small records cut from large slabs, most of which are in use.
package main

import "corpus/lib"

type slabs struct {
	current []byte
}

func (s *slabs) cut(size int) []byte {
	if len(s.current) < size {
		s.current = make([]byte, 65536)
	}
	record := s.current[:size:size]
	s.current = s.current[size:]
	return record
}

var records = map[int][]byte{}

func main() {
	var s slabs
	for i := 0; i < 20000; i++ {
		r := s.cut(100)
		r[0] = byte(i)
		records[i] = r
	}
	for i := 0; i < 20000; i += 4 {
		delete(records, i)
	}
	lib.Wait()
	println(len(records))
}
