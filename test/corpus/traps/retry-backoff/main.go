// Jobs that failed wait for their next attempt, longer each time, and can be called off.
package main

import (
	"context"
	"errors"
	"time"

	"corpus/lib"
)

type policy struct {
	first, most time.Duration
}

var errBusy = errors.New("busy")

func (p policy) do(ctx context.Context, try func(context.Context) error) error {
	pause := p.first
	for {
		if err := try(ctx); err == nil {
			return nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		if pause *= 2; pause > p.most {
			pause = p.most
		}
	}
}

func main() {
	ctx, stop := context.WithTimeout(context.Background(), time.Hour)
	defer stop()
	p := policy{100 * time.Millisecond, 5 * time.Minute}
	for i := 0; i < 64; i++ {
		go p.do(ctx, func(context.Context) error { return errBusy })
	}
	lib.Wait()
}
