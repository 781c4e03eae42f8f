// SPDX-License-Identifier: Apache-2.0

//go:build go1.25

package main

import (
	"testing"
	"testing/synctest"
)

func init() {
	newer = append(newer, func() {
		synctest.Test(&testing.T{}, func(*testing.T) { synctest.Wait() })
	})
}
