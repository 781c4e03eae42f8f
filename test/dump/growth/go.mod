module growth

go 1.13
