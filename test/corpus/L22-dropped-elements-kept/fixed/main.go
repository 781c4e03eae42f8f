// The others are cleared.
package main

import (
	"sort"

	"corpus/lib"
)

type score struct {
	points int
	replay [8192]byte
}

var boards [][]*score

func play(games int) []*score {
	scores := make([]*score, 0, games)
	for i := 0; i < games; i++ {
		scores = append(scores, &score{points: i})
	}
	sort.Slice(scores, func(i, j int) bool { return scores[i].points > scores[j].points })
	for i := 2; i < len(scores); i++ {
		scores[i] = nil
	}
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
