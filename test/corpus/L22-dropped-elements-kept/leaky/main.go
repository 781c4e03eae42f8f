// The best two of each list are shown; the others are out of sight, but behind them in the array.
package main

import (
	"sort"

	"corpus/lib"
)

type score struct {
	points int
	replay [8192]byte
}

var boards [][]*score // HOLDER L22

func play(games int) []*score {
	scores := make([]*score, 0, games)
	for i := 0; i < games; i++ {
		scores = append(scores, &score{points: i}) // LEAK L22 count=30|1440 bytes=30*48*9472 certainty=likely holder=main.boards
	}
	sort.Slice(scores, func(i, j int) bool { return scores[i].points > scores[j].points })
	return scores[:2]
}

func main() {
	lib.Profiled()
	for board := 0; board < 30; board++ {
		boards = append(boards, play(50))
	}
	lib.Wait()
	println(boards[0][0].points)
}
