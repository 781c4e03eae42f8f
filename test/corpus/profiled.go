// Package main: profiled.go is built into a program of the corpus that is to be seen through profiles.
// At SIGUSR1 it writes them beside the path that PROFILED names, numbered from 0.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
)

func init() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	go func() {
		for number := 0; ; number++ {
			<-asked
			for _, profile := range pprof.Profiles() {
				path := fmt.Sprintf("%s.%s.%d", os.Getenv("PROFILED"), profile.Name(), number)
				file, err := os.Create(path + ".part")
				if err != nil {
					continue
				}
				profile.WriteTo(file, 0)
				file.Close()
				os.Rename(path+".part", path)
			}
			os.WriteFile(fmt.Sprintf("%s.%d", os.Getenv("PROFILED"), number), nil, 0o600)
		}
	}()
}
