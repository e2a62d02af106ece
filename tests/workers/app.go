// SPDX-License-Identifier: MIT
// A FastCGI responder in Go that does what its query says; vocabulary.md has the words. Built by hand:
// CGO_ENABLED=0 go build -o build/release/bin/tests/app.go.bin tests/workers/app.go
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/fcgi"
	"os"
	"strconv"
	"time"
)

func answer(out http.ResponseWriter, request *http.Request) {
	word := request.URL.Query()
	body, _ := io.ReadAll(request.Body)
	sum := 0
	for _, b := range body {
		sum += int(b)
	}
	ms, _ := strconv.Atoi(word.Get("sleep"))
	time.Sleep(time.Duration(ms) * time.Millisecond)
	nonce := word.Get("nonce")
	text := fmt.Sprintf("nonce=%s length=%d sum=%d pid=%d end=%s\n", nonce, len(body), sum, os.Getpid(), nonce)
	out.Header().Set("Content-Type", "text/plain")
	out.Header().Set("Content-Length", strconv.Itoa(len(text)))
	io.WriteString(out, text)
}

func main() {
	if err := fcgi.Serve(nil, http.HandlerFunc(answer)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
