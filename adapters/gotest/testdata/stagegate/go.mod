module github.com/stagegate/stagegate

go 1.26
