// Rows of a matrix are parts of one array, all of which is in use.
package main

import "corpus/lib"

type matrix struct {
	rows [][]float64
}

func newMatrix(rows, columns int) *matrix {
	cells := make([]float64, rows*columns)
	m := new(matrix)
	for r := 0; r < rows; r++ {
		m.rows = append(m.rows, cells[r*columns:(r+1)*columns])
	}
	return m
}

var model = newMatrix(500, 500)

func main() {
	lib.Wait()
	println(len(model.rows))
}
