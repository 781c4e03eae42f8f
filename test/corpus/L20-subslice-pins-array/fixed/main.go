// The header is copied.
package main

import "corpus/lib"

var headers [][]byte

func receive(number int) []byte {
	packet := make([]byte, 65536)
	for i := range packet {
		packet[i] = byte(number + i)
	}
	return packet
}

func header(packet []byte) []byte {
	return append([]byte(nil), packet[:16]...)
}

func main() {
	for number := 0; number < 200; number++ {
		headers = append(headers, header(receive(number)))
	}
	lib.Wait()
	println(len(headers))
}
