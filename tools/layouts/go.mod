module dowse/tools/layouts

go 1.21
