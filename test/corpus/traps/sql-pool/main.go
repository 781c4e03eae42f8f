// A database's connections at rest.
package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"sync"
	"time"

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
func (*statement) Query([]driver.Value) (driver.Rows, error)  { return &rows{left: 3}, nil }
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

func list(ctx context.Context) (ids []int64) {
	found, err := db.QueryContext(ctx, "select id from orders")
	if err != nil {
		return nil
	}
	defer found.Close()
	for found.Next() {
		var id int64
		found.Scan(&id)
		ids = append(ids, id)
		time.Sleep(10 * time.Millisecond)
	}
	return ids
}

func main() {
	sql.Register("fake", fake{})
	db, _ = sql.Open("fake", "")
	db.SetMaxIdleConns(20)
	db.SetConnMaxIdleTime(time.Hour)
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for i := 0; i < 20; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			list(ctx)
		}()
	}
	all.Wait()
	lib.Wait()
	stop()
}
