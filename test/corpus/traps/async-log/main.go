//go:build go1.21

// A handler of log/slog hands its records to a writer that waits for them.
package main

import (
	"context"
	"io"
	"log/slog"

	"corpus/lib"
)

type asyncHandler struct {
	slog.Handler
	records chan slog.Record
}

func newHandler() *asyncHandler {
	h := &asyncHandler{slog.NewTextHandler(io.Discard, nil), make(chan slog.Record, 64)}
	go func() {
		for r := range h.records {
			h.Handler.Handle(context.Background(), r)
		}
	}()
	return h
}

func (h *asyncHandler) Handle(_ context.Context, r slog.Record) error {
	h.records <- r
	return nil
}

func main() {
	slog.SetDefault(slog.New(newHandler()))
	for i := 0; i < 100; i++ {
		slog.Info("order", "id", i)
	}
	lib.Wait()
	slog.Info("bye")
}
