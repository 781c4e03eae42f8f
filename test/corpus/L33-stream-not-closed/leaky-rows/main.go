// Rows are left after the first, and keep their connection.
//
// corpus: also=L17
package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"

	"corpus/lib"
)

type fake struct{}

func (fake) Open(string) (driver.Conn, error)                 { return &connection{}, nil }
func (*connection) Prepare(string) (driver.Stmt, error)       { return &statement{}, nil }
func (*connection) Close() error                              { return nil }
func (*connection) Begin() (driver.Tx, error)                 { return nil, errors.New("no") }
func (*statement) Close() error                               { return nil }
func (*statement) NumInput() int                              { return 0 }
func (*statement) Exec([]driver.Value) (driver.Result, error) { return nil, errors.New("no") }
func (*statement) Query([]driver.Value) (driver.Rows, error)  { return &rows{left: 10}, nil }
func (*rows) Columns() []string                               { return []string{"id"} }
func (*rows) Close() error                                    { return nil }

type connection struct{ buffer [4096]byte }
type statement struct{ n int }
type rows struct{ left int }

func (r *rows) Next(into []driver.Value) error {
	if r.left--; r.left < 0 {
		return io.EOF
	}
	into[0] = int64(r.left)
	return nil
}

var db *sql.DB

func exists(ctx context.Context) bool {
	found, err := db.QueryContext(ctx, "select id from orders") // LEAK L33 count=40 certainty=likely place=any
	if err != nil {
		return false
	}
	return found.Next()
}

func main() {
	sql.Register("fake", fake{})
	db, _ = sql.Open("fake", "")
	ctx, stop := context.WithCancel(context.Background())
	for i := 0; i < 40; i++ {
		exists(ctx)
	}
	lib.Wait()
	stop()
}
