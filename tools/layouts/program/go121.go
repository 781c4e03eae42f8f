// SPDX-License-Identifier: Apache-2.0

//go:build go1.21

package main

import (
	"context"
	"runtime"
)

func init() {
	newer = append(newer, func() {
		var pinner runtime.Pinner
		object := new(node)
		pinner.Pin(object)
		pinner.Unpin()
		ctx, cancel := context.WithCancelCause(context.WithoutCancel(context.Background()))
		context.AfterFunc(ctx, func() {})
		cancel(nil)
	})
}
