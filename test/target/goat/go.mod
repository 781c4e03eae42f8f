module goat

go 1.19
