// Package libraries starts what well-known libraries keep running for a whole process.
package libraries

import (
	"context"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/golang/glog"
	cache "github.com/patrickmn/go-cache"
	metrics "github.com/rcrowley/go-metrics"
	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/storage"
	"go.opencensus.io/stats"
	"go.opencensus.io/stats/view"
	"gopkg.in/natefinch/lumberjack.v2"
	"k8s.io/klog/v2"
)

// What another file does around each.
var around = func(*testing.T) func() { return func() {} }

var kinds = []struct {
	name string
	run  func(t *testing.T)
}{
	{"opencensus worker", opencensus},
	{"opencensus meter of the package", meter},
	{"glog flushDaemon", flushed},
	{"klog flushDaemon", klogFlushed},
	{"lumberjack millRun", mill},
	{"go-metrics arbiter", arbiter},
	{"go-cache janitor", janitor},
	{"goleveldb of the package", level},
}

func TestLibraries(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			defer around(t)()
			kind.run(t)
		})
	}
}

var measure = stats.Int64("requests", "", stats.UnitDimensionless)

func opencensus(*testing.T) { stats.Record(context.Background(), measure.M(1)) }

var own view.Meter

func meter(*testing.T) {
	own = view.NewMeter()
	own.Start()
}

func flushed(*testing.T) { glog.Flush() }

func klogFlushed(*testing.T) {
	klog.SetOutput(io.Discard)
	klog.StartFlushDaemon(time.Second)
	klog.Info("as it should")
}

var logger *lumberjack.Logger

func mill(t *testing.T) {
	logger = &lumberjack.Logger{Filename: filepath.Join(t.TempDir(), "log"), MaxBackups: 1}
	for i := 0; i < 3; i++ {
		logger.Write([]byte("as it should\n"))
		logger.Rotate()
	}
	time.Sleep(20 * time.Millisecond)
	logger.Close()
}

var requests metrics.Meter

func arbiter(*testing.T) {
	requests = metrics.NewMeter()
	requests.Mark(1)
}

var kept *cache.Cache

func janitor(*testing.T) {
	kept = cache.New(time.Minute, time.Minute)
	kept.Set("key", "value", cache.DefaultExpiration)
}

var database *leveldb.DB

func level(t *testing.T) {
	var err error
	if database, err = leveldb.Open(storage.NewMemStorage(), nil); err != nil {
		t.Fatal(err)
	}
}
