// Of every packet the header alone is kept, as a part of the packet.
package main

import "corpus/lib"

var headers [][]byte // HOLDER L20

func receive(number int) []byte {
	packet := make([]byte, 65536) // LEAK L20 count=200 bytes=200*65536 certainty=likely holder=main.headers
	for i := range packet {
		packet[i] = byte(number + i)
	}
	return packet
}

func header(packet []byte) []byte {
	return packet[:16]
}

func main() {
	for number := 0; number < 200; number++ {
		headers = append(headers, header(receive(number)))
	}
	lib.Wait()
	println(len(headers))
}
